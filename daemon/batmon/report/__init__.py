"""Reports: documents made of figures (pure), and what writes them as a workbook, PDF, Markdown or JSON."""

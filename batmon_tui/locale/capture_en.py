"""What the picture of the server's screen says, in English."""

WORDS = {
    "capture.title": "Screen of {node}",
    "capture.taking": "taking a picture…",
    "capture.facts": "{width} x {height}   {size}   {path}",
    "capture.admins": "Pictures of the server's screen are for admins",
    "capture.broken": "The picture cannot be shown here; it is saved",
    "capture.again": "again",
    "palette.capture": "Picture of the server's screen",
    "palette.capture.help": "What is on its desktop now; saved below /exports/captures",
}

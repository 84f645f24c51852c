from batmon_tui.ssh.doorway import Doorway


def test_those_without_a_login_are_counted_in_all_and_by_address():
    door = Doorway(connections=10, unauthenticated=3, per_address=2)
    assert [door.admit(n, "10.0.0.1") for n in (1, 2)] == ["", ""]
    assert "your address" in door.admit(3, "10.0.0.1")
    assert door.admit(4, "10.0.0.2") == ""
    assert "too many logins" in door.admit(5, "10.0.0.3")
    door.authenticated(1)
    assert door.admit(6, "10.0.0.1") == ""
    assert (door.waiting, door.inside) == (3, 1)


def test_places_are_given_back():
    door = Doorway(connections=2, unauthenticated=2, per_address=2)
    for number in (1, 2):
        assert door.admit(number, "10.0.0.1") == ""
        door.authenticated(number)
    assert "all places" in door.admit(3, "10.0.0.1")
    door.gone(1)
    door.gone(1)
    assert door.admit(4, "10.0.0.1") == ""
    door.gone(4)
    door.gone(2)
    assert (door.waiting, door.inside) == (0, 0)


def test_ipv6_neighbours_count_as_one_and_mapped_addresses_as_ipv4():
    door = Doorway(connections=9, unauthenticated=9, per_address=1)
    assert door.admit(1, "2001:db8::1") == ""
    assert door.admit(2, "2001:db8::ffff:1")
    assert door.admit(3, "2001:db8:0:1::1") == ""
    assert door.admit(4, "::ffff:10.0.0.1") == ""
    assert door.admit(5, "10.0.0.1")


def test_a_login_that_was_not_admitted_is_not_inside():
    door = Doorway(connections=9, unauthenticated=9, per_address=1)
    door.authenticated(7)
    assert door.inside == 0

"""`dialerd dispositions`, and the commands that take the name of one."""


def test_all_dispositions_are_listed_with_their_flags_those_of_the_admin_too(cli):
    (cli.folder / "dispositions.toml").write_text('[sale]\ndescription = "Bought it"\n[voicemail]\ncontacted = true\n')
    found = {each["name"]: each for each in cli.json("dispositions")}
    assert found["sale"] == {
        "name": "sale",
        "system": False,
        "changed": False,
        "contacted": True,
        "final": True,
        "do_not_call": False,
        "recyclable": False,
        "counts": True,
        "human": True,
        "description": "Bought it",
    }
    assert (found["voicemail"]["system"], found["voicemail"]["changed"]) == (True, True)
    assert (found["busy"]["system"], found["busy"]["changed"]) == (True, False)
    table = cli.ok("dispositions").splitlines()
    assert table[0].split() == [
        *(
            "disposition",
            "of",
            "contacted",
            "final",
            "do",
            "not",
            "call",
            "recyclable",
            "counts",
            "human",
            "description",
        )
    ]
    assert table[-1].split() == ["sale", "yours", "yes", "yes", "yes", "yes", "Bought", "it"]


def test_a_filter_takes_a_name_of_the_admin_in_any_case_and_no_other(cli):
    (cli.folder / "dispositions.toml").write_text("[not_interested]\n")
    cli.ready("june")
    for name in ("not_interested", "NOT_INTERESTED", "Not interested", "BUSY"):
        assert cli.json("list", "leads", "june", "--disposition", name) == []
    answer = cli("call", "list", "--disposition", "sale")
    assert answer.code == 2
    assert "'sale' is no disposition; there are new, answered, " in answer.err


def test_a_wrong_file_is_told_like_any_other_configuration(cli):
    (cli.folder / "dispositions.toml").write_text("[SALE]\n")
    assert "dispositions.toml: SALE: will not do as a name" in cli.refused(78, "dispositions")

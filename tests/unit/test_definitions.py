import json
from pathlib import Path

import pytest

from orchestrator import Priority, Workflow
from orchestrator.errors import WorkflowError
from orchestrator.loading.definitions import load_file, load_folder

YAML = """
name: ship_order
priority: high
steps:
  - {name: reserve, task: inventory.reserve_stock, inputs: {order: $input.order}}
  - name: charge
    task: billing.charge_card
    after: [reserve]
    timeout: 20
    retry: {max_attempts: 3}
"""


def written(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def refusal(file: Path) -> str:
    with pytest.raises(WorkflowError) as caught:
        load_file(file)
    assert str(caught.value).startswith(repr(str(file)))
    return str(caught.value).removeprefix(f"{str(file)!r}").removeprefix(":").strip()


def test_yaml_and_json_give_the_same_workflow(tmp_path):
    from_yaml = load_file(written(tmp_path, "a.yaml", YAML))
    from_json = load_file(written(tmp_path, "b.json", from_yaml.model_dump_json()))

    assert from_json == from_yaml
    assert from_json.version == from_yaml.version
    assert from_yaml.priority is Priority.HIGH
    assert from_yaml.steps[1].timeout.soft == 20


def test_a_folder_gives_its_files_by_name_and_nothing_else(tmp_path):
    for name, suffix in (("b", "yml"), ("a", "json"), ("c", "yaml")):
        workflow = Workflow(name=f"workflow_{name}", steps=())
        written(tmp_path, f"{name}.{suffix}", workflow.model_dump_json())
    written(tmp_path, "notes.txt", "no workflow")

    assert [workflow.name[-1] for workflow in load_folder(tmp_path)] == ["a", "b", "c"]


def test_a_folder_that_is_not_there_has_no_workflows(tmp_path):
    assert load_folder(tmp_path / "nowhere") == []


def test_two_files_with_one_workflow_name_are_refused(tmp_path):
    written(tmp_path, "a.yaml", YAML)
    written(tmp_path, "b.yaml", YAML)

    with pytest.raises(WorkflowError, match=r"b\.yaml' defines workflow 'ship_order', and so does"):
        load_folder(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("a.yaml", "name: [", "cannot be read: while parsing a flow"),
        ("a.json", '{"name": ', "cannot be read: Expecting value"),
        ("a.json", '{"name": "a", "name": "b"}', "the key 'name' comes twice in one object"),
        ("a.yaml", "name: a\nsteps: []\nname: b", "the key 'name' comes twice in one mapping"),
        ("a.yaml", "name: a\nsteps:\n  - {name: b, name: c, task: d}", "line 3"),
        ("a.yaml", "- name: a", "holds a list, not a workflow's mapping"),
        ("a.yaml", "", "holds a NoneType, not a workflow's mapping"),
        ("a.yaml", "!!python/name:os.system", "cannot be read: could not determine a constructor"),
        ("a.yaml", "name: a", "field 'steps' is missing"),
        ("a.yaml", "name: A b\nsteps: []", "field 'name' is wrong, 'A b': string should match"),
        ("a.yaml", "nam: a\nsteps: []", "field 'nam' is no field, did you mean 'name'?"),
        (
            "a.yaml",
            "name: a\nsteps:\n  - {name: b, task: c.d, affter: [e]}",
            "field 'affter' of step 'b' is no field, did you mean 'after'?",
        ),
        (
            "a.yaml",
            "name: a\nsteps:\n  - {name: b, task: c.d, retry: {max_attempt: 3}}",
            "field 'retry.max_attempt' of step 'b' is no field, did you mean 'max_attempts'?",
        ),
        (
            "a.yaml",
            "name: a\nsteps:\n  - {name: b, task: c.d, priority: urgent}",
            "field 'priority' of step 'b' is wrong: 'urgent' is no priority: it is one of "
            "critical, high, normal, low, background",
        ),
        (
            "a.yaml",
            "name: a\nsteps:\n  - {name: b, task: c.d, timeout: {soft: -1, hard: 2}}",
            "field 'timeout.soft' of step 'b' is wrong, -1: input should be greater than 0",
        ),
        (
            "a.yaml",
            "name: a\nsteps:\n  - {name: b, task: c.d, timeout: {softt: 1, hard: 2}}",
            "field 'timeout.softt' of step 'b' is no field, did you mean 'soft'?",
        ),
        ("a.yaml", "name: a\nsteps:\n  - {task: c.d}", "field 'name' of step number 1 is missing"),
        ("a.yaml", "name: a\nsteps: [3]", "step number 1 is wrong, 3: it should be a mapping"),
        ("a.yaml", "3: a\nname: a\nsteps: []", "the workflow is wrong, 3: keys should be strings"),
        ("a.yaml", "name: a\nsteps: {b: c}", "field 'steps' is wrong, {'b': 'c'}: it should be a"),
    ],
)
def test_a_bad_file_is_named_with_the_field(tmp_path, name, text, sentence):
    assert sentence in refusal(written(tmp_path, name, text))


def test_every_mistake_in_a_file_is_told(tmp_path):
    message = refusal(written(tmp_path, "a.json", json.dumps({"name": 3, "steps": [{"x": 1}]})))

    assert message.count("; ") == 3
    for field in ("'name'", "'name' of step number 1", "'x' of step number 1"):
        assert f"field {field}" in message
    assert "step number 1 is wrong: a step has one of task, workflow and wait_for" in message


@pytest.mark.parametrize(
    ("step", "sentences"),
    [
        ("{}", ["step 'b' is wrong: a step has one of task, workflow and wait_for, not none of"]),
        (
            "{task: c.d, workflow: e, wait_for: {signal: f}}",
            ["step 'b' is wrong: a step has one of task, workflow and wait_for, not task and "
             "workflow and wait_for"],
        ),
        (
            "{wait_for: {person: x, deadlin: 3}}",
            ["field 'wait_for.deadlin' of step 'b' is no field, did you mean 'deadline'?"],
        ),
        (
            "{wait_for: {person: x, deadline: soon, answer: {a: txt}, on_deadline: stop}}",
            ["field 'wait_for.answer' of step 'b' is wrong: 'txt' is no type of an answer's field",
             "field 'wait_for.deadline' of step 'b' is wrong: 'soon' is no length of time",
             "field 'wait_for.on_deadline' of step 'b' is wrong: 'stop' is neither fail, skip nor "
             "the fields of an answer"],
        ),
        (
            "{wait_for: {person: x, signal: y}}",
            ["field 'wait_for' of step 'b' is wrong: it waits for signal and person: name exactly "
             "one of timer, signal, person, agent"],
        ),
        (
            "{wait_for: {timer: 3 dys}}",
            ["field 'wait_for.timer' of step 'b' is wrong: '3 dys' is no time: write a length"],
        ),
        (
            "{wait_for: {timer: -1}}",
            ["field 'wait_for.timer' of step 'b' is wrong, -1: input should be greater than 0"],
        ),
        (
            "{wait_for: {person: x, escalate: [{after: 1 d}, {after: 1, notify: {taks: m.n}}]}}",
            ["field 'wait_for.escalate[0]' of step 'b' is wrong: an escalation needs a notify",
             "field 'wait_for.escalate[1].notify.task' of step 'b' is missing",
             "field 'wait_for.escalate[1].notify.taks' of step 'b' is no field, did you mean "
             "'task'?"],
        ),
        (
            "{wait_for: {person: x, escalate: {after: 1 d}}}",
            ["field 'wait_for.escalate' of step 'b' is wrong, {'after': '1 d'}: it should be a "
             "list"],
        ),
        (
            "{task: c.d, compensate: {task: 3, retry: {max_attempts: 0, factr: 2}}}",
            ["field 'compensate.task' of step 'b' is wrong, 3: it should be a text",
             "field 'compensate.retry.max_attempts' of step 'b' is wrong, 0: input should be",
             "field 'compensate.retry.factr' of step 'b' is no field, did you mean 'factor'?"],
        ),
        (
            "{task: c.d, map: {ovr: $a, on_error: stop}, join: most, patience: -3}",
            ["field 'map.over' of step 'b' is missing",
             "field 'map.on_error' of step 'b' is wrong, 'stop': input should be 'fail' or",
             "field 'map.ovr' of step 'b' is no field, did you mean 'over'?",
             "field 'join' of step 'b' is wrong: 'most' is no join: it is one of all,",
             "field 'patience' of step 'b' is wrong, -3: input should be greater than 0"],
        ),
        (
            "{task: c.d, timeout: -5}",
            ["field 'timeout' of step 'b' is wrong, -5: input should be greater than 0"],
        ),
    ],
)  # fmt: skip
def test_a_mistake_deep_inside_a_step_is_named_as_it_is_written(tmp_path, step, sentences):
    text = f"name: a\nsteps:\n  - {{name: b, {step[1:]}"

    message = refusal(written(tmp_path, "a.yaml", text))

    told = message.split("; ")
    assert len(told) == len(sentences)
    assert all(any(line.startswith(said) for line in told) for said in sentences), told


def test_a_file_that_is_not_there_is_named(tmp_path):
    assert "cannot be read: No such file" in refusal(tmp_path / "a.yaml")


def test_plain_words_of_yaml_mean_what_they_mean_in_json(tmp_path):
    text = (
        "name: a\nsteps:\n"
        "  - name: b\n    task: c.d\n    retry: {on: [TimeoutError]}\n"
        "    inputs: {texts: [12:30, 2026-02-28, 007, yes, 1.2.3, 1_000, 0x1f, .5], "
        "values: [-3, 1.5e3, true, null, ~], none: }\n"
    )

    step = load_file(written(tmp_path, "a.yaml", text)).steps[0]

    assert step.retry.on == ("TimeoutError",)
    assert step.inputs == {
        "texts": ["12:30", "2026-02-28", "007", "yes", "1.2.3", "1_000", "0x1f", ".5"],
        "values": [-3, 1500.0, True, None, None],
        "none": None,
    }


def test_merge_keys_of_yaml_may_share_settings(tmp_path):
    text = (
        "name: a\nsteps:\n"
        "  - &first {name: b, task: c.d, retry: {max_attempts: 3}}\n"
        "  - {<<: *first, name: e}\n"
    )

    workflow = load_file(written(tmp_path, "a.yaml", text))

    assert [step.retry.max_attempts for step in workflow.steps] == [3, 3]

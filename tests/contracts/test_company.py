"""The sample company: its files agree with each other."""

import re
from collections import Counter, defaultdict
from graphlib import TopologicalSorter

from tasks.adapters.company.files import rows
from tasks.inventory.contracts import CheckStage
from tasks.messaging.contracts import TicketState


def column(file, name):
    return {row[name] for row in rows(file)}


def test_the_company_is_large_enough_to_be_believed():
    sizes = {name: len(rows(name)) for name in ("products", "customers", "people", "price_lists")}

    assert sizes["products"] >= 300
    assert sizes["customers"] >= 40
    assert sizes["people"] >= 6
    assert sizes["price_lists"] >= 3


def test_products_have_codes_and_names_of_their_own():
    for name in ("code", "name"):
        assert Counter(row[name] for row in rows("products")).most_common(1)[0][1] == 1


def test_what_one_file_names_another_defines():
    assert column("products", "unit") <= column("units", "code")
    assert column("products", "tax") <= column("taxes", "code")
    assert column("customers", "salesperson") <= column("people", "code") | {""}
    assert column("customers", "price_list") <= column("price_lists", "code") | {""}
    assert column("price_rules", "price_list") == column("price_lists", "code")
    assert column("price_rules", "product") <= column("products", "code") | {""}
    assert column("price_rules", "category") <= column("products", "category") | {""}


def test_every_price_list_has_quantity_breaks_and_no_rule_raises_a_price():
    by_list = Counter(row["price_list"] for row in rows("price_rules") if row["min_quantity"] > 1)
    list_prices = {row["code"]: row["list_price"] for row in rows("products")}

    assert set(by_list) == column("price_lists", "code")
    for rule in rows("price_rules"):
        assert (rule["discount"] is None) != (rule["unit_price"] is None)
        assert rule["unit_price"] is None or rule["unit_price"] < list_prices[rule["product"]]
        assert rule["discount"] is None or 0 <= rule["discount"] < 100


def test_addresses_lie_in_their_customer_s_domain_and_no_domain_exists():
    for row in rows("customers"):
        assert all(email.partition("@")[2] in row["domains"] for email in row["emails"])
        assert all(domain.endswith(".example") for domain in row["domains"])


def test_what_production_names_other_files_define():
    made = column("boms", "product") - {""}
    kits = {row["code"] for row in rows("boms") if row["phantom"]}

    assert made <= column("products", "code")
    assert column("bom_lines", "bom") == column("boms", "code")
    assert column("bom_lines", "component") <= column("products", "code") | {""}
    assert column("bom_lines", "kit") == kits | {""}
    assert column("operations", "bom") == column("boms", "code") - kits
    assert column("operations", "work_centre") == column("work_centres", "code")
    assert column("quality_checks", "product") <= made
    assert column("supplier_prices", "supplier") == column("suppliers", "code")
    assert column("labour_rates", "person") == column("people", "code")


def test_every_part_is_either_made_or_bought():
    parts = column("bom_lines", "component") - {""}

    assert parts & column("boms", "product")
    assert parts <= column("boms", "product") | column("supplier_prices", "product")


def test_a_line_names_a_component_or_a_kit_in_its_own_unit_and_no_finer():
    units = {row["code"]: row["unit"] for row in rows("products")}
    units |= {row["code"]: row["unit"] for row in rows("boms") if row["phantom"]}
    digits = {row["code"]: row["digits"] for row in rows("units")}

    for row in rows("bom_lines"):
        assert (row["component"] == "") != (row["kit"] == "")
        assert row["unit"] == units[row["component"] or row["kit"]]
        assert row["quantity"] > 0
        assert row["quantity"] == round(row["quantity"], digits[row["unit"]])


def test_what_is_made_goes_three_levels_deep_and_never_into_itself():
    made_from = {row["code"]: set() for row in rows("boms")}
    bom_of = {row["product"]: row["code"] for row in rows("boms") if row["product"]}
    for row in rows("bom_lines"):
        part = row["kit"] or bom_of.get(row["component"])
        made_from[row["bom"]] |= {part} - {None}
    depth = {}
    for bom in TopologicalSorter(made_from).static_order():
        depth[bom] = 1 + max((depth[part] for part in made_from[bom]), default=0)

    assert max(depth.values()) == 3
    assert sum("B-RAS-300" in parts for parts in made_from.values()) > 1


def test_every_operation_has_somebody_who_can_do_it():
    skills = {skill for row in rows("people") for skill in row["skills"]}

    assert column("operations", "skill") <= skills


def test_what_projects_name_other_files_define():
    tasks = column("project_tasks", "code")

    assert column("projects", "customer") <= column("customers", "code") | {""}
    assert column("projects", "lead") <= column("people", "code")
    assert column("project_tasks", "project") == column("projects", "code")
    assert column("project_allocations", "task") | column("time_entries", "task") <= tasks
    assert column("project_allocations", "person") <= column("people", "code")
    assert column("project_budgets", "project") <= column("projects", "code")
    assert column("project_costs", "project") <= column("projects", "code")


def test_a_task_follows_tasks_of_its_own_project_and_is_begun_when_they_are_complete():
    tasks = {row["code"]: row for row in rows("project_tasks")}
    worked = column("time_entries", "task")

    for code, task in tasks.items():
        before = [tasks[predecessor] for predecessor in task["after"]]
        assert {one["project"] for one in before} <= {task["project"]}
        begun = task["done"] > 0 or code in worked
        assert not begun or all(one["done"] == 1 for one in before)
    list(TopologicalSorter({code: set(row["after"]) for code, row in tasks.items()}).static_order())


def test_nobody_has_booked_more_than_a_working_day_nor_on_a_weekend_nor_this_week():
    booked = Counter()
    for row in rows("time_entries"):
        booked[row["person"], row["day"]] += row["hours"]

    assert max(booked.values()) <= 8
    assert all(day < 0 and day % 7 < 5 for _, day in booked)


def test_checks_are_made_at_both_stages():
    assert column("quality_checks", "stage") == set(CheckStage)


def test_a_person_has_one_labour_rate_from_a_day_on_and_it_rises():
    rates = defaultdict(list)
    for row in rows("labour_rates"):
        rates[row["person"]].append((row["since"], row["hour_cost"]))

    assert all(known == sorted(known) for known in rates.values())
    assert max(map(len, rates.values())) == 2


def test_tickets_are_of_customers_and_their_own_addresses_and_the_company_s_people():
    domains = {row["code"]: row["domains"] for row in rows("customers")}

    assert column("tickets", "assignee") <= column("people", "code") | {""}
    assert column("ticket_comments", "ticket") <= column("tickets", "key")
    for row in rows("tickets"):
        assert (
            row["customer"] == "" or row["requester"].partition("@")[2] in domains[row["customer"]]
        )
        assert (row["assignee"] == "") == (row["state"] == TicketState.NEW)
    assert column("tickets", "state") == set(TicketState)


def test_what_is_said_on_a_ticket_is_said_in_order_and_after_it_was_opened():
    said = defaultdict(list)
    for row in rows("ticket_comments"):
        said[row["ticket"]].append(row["written_ago"])

    for row in rows("tickets"):
        order = [row["opened_ago"], *said[row["key"]]]
        assert order == sorted(order, reverse=True)


def test_tickets_and_articles_speak_of_products_that_there_are():
    codes = column("products", "code")
    texts = [
        row["text"] for file in ("tickets", "ticket_comments", "articles") for row in rows(file)
    ]
    spoken = {code for text in texts for code in re.findall(r"\b[A-Z]+\d*(?:-[A-Z0-9_]+)+\b", text)}

    assert len(spoken) > 15
    assert [code for code in spoken if not any(known.startswith(code) for known in codes)] == []

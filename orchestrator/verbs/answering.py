"""Verbs of those whom a run waits for: people, other systems, and agents.

    coordinator.waits(person="head of sales")
    coordinator.answer(run_id, "approve", {"approved": True}, by="ann")
    coordinator.signal(run_id, "payment_received", {"amount": "12.50"}, by="the bank")

    ticket = coordinator.claim_next("review", by="agent-7")
    ticket = coordinator.heartbeat(ticket)                       # before `ticket.until`
    coordinator.complete(ticket, {"findings": []})

An answer is checked before anything is written, and a step gets one: who comes second is
told who was first. A paused run takes answers; what they set free starts when it goes on.
"""

from typing import Any

from orchestrator.definition.answer_check import plain
from orchestrator.ledger.waiting import answering, inbox, reports, signals, tickets
from orchestrator.ledger.waiting.inbox import Sought, Waiting
from orchestrator.ledger.waiting.tickets import WorkTicket
from orchestrator.ledger.who import accountable
from orchestrator.verbs.telling import SOMEBODY, Teller


class Answering(Teller):
    """Answers steps that wait for a signal, a person or an agent."""

    def waits(
        self,
        *,
        person: str | None = None,
        agent: str | None = None,
        signal: str | None = None,
        run_id: str | None = None,
        limit: int = 100,
    ) -> list[Waiting]:
        """Return the steps that wait for an answer, the most urgent first, then the oldest.

        Args:
            person: only those that wait for this person; with an agent's skill or a signal
                beside it, also those that wait for that.
            run_id: only those of this run.
        """
        sought = Sought(person, agent, signal, run_id)
        return inbox.list_open(self.ledger, sought, self._plans, limit=limit)

    @accountable
    def signal(
        self,
        run_id: str,
        name: str,
        answer: Any = None,
        *,
        by: str = SOMEBODY,
        reason: str = "",
        idempotency_key: str | None = None,
    ) -> str | None:
        """Send a signal to a run; return the step whose answer it is, None if it is kept for one.

        Args:
            answer: what the step gives; values may be pydantic models.
            idempotency_key: the same key is the same signal, however often it is sent.

        Raises:
            RunNotFound: no run has this id.
            NotWaiting: no step of it waits for such a signal, now or later.
            InvalidAnswer: the answer does not fit; nothing is written.
            IdempotencyConflict: the key was used for another answer.
        """
        text = self._plain(answer)
        sent = signals.Signal(run_id, name, text, by, reason, idempotency_key)
        taken_by, progress = signals.send(self.ledger, sent, self._plans)
        self._follow_up(progress)
        return taken_by

    @accountable
    def answer(
        self, run_id: str, step: str, answer: Any, *, by: str = SOMEBODY, reason: str = ""
    ) -> None:
        """Answer a step that waits for a person; or in the place of an agent, or of a signal.

        Whoever has claimed the step is not asked, and is told when they report.

        Raises:
            RunNotFound: no run has this id.
            NotWaiting: the step waits for no answer, or somebody was faster.
            InvalidAnswer: the answer does not fit; the step waits on.
        """
        text = self._plain(answer)
        done = answering.answer(self.ledger, run_id, step, text, self._plans, by=by, reason=reason)
        self._follow_up(done)

    @accountable
    def claim(self, run_id: str, step: str, *, by: str = SOMEBODY) -> WorkTicket:
        """Take a step that waits for an agent, or say as a person that you are on it.

        Raises:
            RunNotFound: no run has this id.
            NotWaiting: the step waits for neither, or its run is paused.
            LostRace: somebody else has claimed it.
        """
        return tickets.claim(self.ledger, run_id, step, self._plans, by=by)

    @accountable
    def claim_next(self, *skills: str, by: str = SOMEBODY) -> WorkTicket | None:
        """Take the most urgent step that waits for an agent with one of the skills, if any does.

        Of equally urgent ones it is the oldest. Two that ask at once get two steps.
        """
        return tickets.claim_next(self.ledger, skills, self._plans, by=by)

    def heartbeat(self, ticket: WorkTicket) -> WorkTicket:
        """Say that the work goes on; return the ticket with its new lease.

        Raises:
            NotWaiting: the step has ended, or its run has; leave the work.
            LostRace: the lease had ended, and somebody else has claimed the step.
        """
        return reports.heartbeat(self.ledger, ticket, self._plans)

    def complete(self, ticket: WorkTicket, report: Any = None) -> None:
        """End the step with a report, which is its result.

        A ticket whose lease has ended is good as long as nobody else has claimed the step.

        Raises:
            NotWaiting: the step has ended, or its run has.
            LostRace: somebody else has claimed the step.
            InvalidAnswer: the report does not fit; the ticket stays good.
        """
        text = self._plain(report)
        self._follow_up(reports.complete(self.ledger, ticket, text, self._plans))

    def fail(
        self, ticket: WorkTicket, message: str, report: Any = None, *, retry: bool = False
    ) -> None:
        """End the step as failed, or with `retry` let others try it; the report is logged.

        How often others try is not counted: a step that must end has a deadline.

        Raises:
            NotWaiting: the step has ended, or its run has.
            LostRace: somebody else has claimed the step.
            InvalidAnswer: the report cannot be written as JSON.
        """
        text = self._plain(report)
        if retry:
            reports.release(self.ledger, ticket, message, self._plans, report=text)
            return
        self._follow_up(reports.fail(self.ledger, ticket, message, self._plans, report=text))

    @accountable
    def give_up(self, ticket: WorkTicket, *, reason: str = "the work was given up") -> None:
        """Give a claim back, so that others may take the step.

        Raises:
            NotWaiting: the step has ended, or its run has.
            LostRace: somebody else has claimed the step.
        """
        reports.release(self.ledger, ticket, reason, self._plans)

    def _plain(self, answer: Any) -> str:
        return plain(answer, limit=self.settings.result_limit_bytes)

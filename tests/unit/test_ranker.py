from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pushrank.domain.codes import EventType, ExclusionCode, HoldState, Mode, ReasonCode, SilenceCode
from pushrank.domain.decision import Decision, RankingRequest
from pushrank.domain.instants import DAY, HOUR, MINUTE
from pushrank.domain.message import Candidate
from pushrank.domain.record import Change, Erasure, UserRecord
from pushrank.domain.user import QuietWindow, UserFacts
from pushrank.ranking import ranker as ranker_module
from pushrank.ranking.decision_json import read
from pushrank.ranking.ranker import Ranker
from pushrank.ranking.served import Served
from pushrank.scoring.bundle import load, save
from pushrank.scoring.scorer import Floats, Scorer, Scores
from pushrank.store import open_store
from tests.small_house import House, codes_of, slate_of
from tests.small_models import small_trained
from tests.small_policies import NOON, message


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    built = House(tmp_path)
    built.put(*(message(f"m-{place}", published_at=NOON - place * HOUR) for place in range(1, 6)))
    yield built
    built.store.close()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Served:
    folder = tmp_path_factory.mktemp("bundle") / "bundle"
    save(small_trained(), folder)
    return Served.of(load(folder))


def everything_named(decision: Decision) -> list[str]:
    passed = [scored.message_id for scored in decision.passed_over]
    return sorted([*slate_of(decision), *passed, *codes_of(decision)])


def test_every_candidate_is_in_exactly_one_list(house: House) -> None:
    house.put(message("gone", expires_at=NOON - 1), message("later", published_at=NOON + DAY))
    names = ["m-1", "m-2", "m-3", "gone", "later", "nobody-knows"]
    decision = house.rank(*names, slots=2)
    assert everything_named(decision) == sorted(names)
    assert codes_of(decision) == {"gone": "expired", "later": "not_live", "nobody-knows": "unknown_message"}
    assert [chosen.rank for chosen in decision.slate] == [1, 2]


def test_a_hold_is_written_with_the_decision_and_expires_after_send_at(house: House) -> None:
    decision = house.rank("m-1")
    (push,) = house.record().pushes
    assert (push.state, push.at, push.expires_at) == (HoldState.HELD, NOON, NOON + 5 * MINUTE)
    assert push.decision_id == decision.decision_id
    assert decision.slate[0].hold_expires_at == push.expires_at


def test_a_look_reserves_nothing_and_is_stored(house: House) -> None:
    decision = house.rank("m-1", mode=Mode.LOOK)
    assert slate_of(decision) == ["m-1"]
    assert decision.slate[0].hold_expires_at is None
    assert house.record().pushes == ()
    assert house.store.decision(decision.decision_id) is not None
    assert slate_of(house.rank("m-1")) == ["m-1"]


def test_confirm_mode_reserves_and_confirms_in_one_trip(house: House) -> None:
    decision = house.rank("m-1", mode=Mode.CONFIRM)
    (push,) = house.record().pushes
    assert (push.state, push.at, push.expires_at) == (HoldState.CONFIRMED, NOON, None)
    assert house.holds.confirm(decision.decision_id, None, NOON).send == ("m-1",)


def test_confirm_mode_excludes_what_would_have_to_wait(house: House) -> None:
    house.settle(quiet_hours=(QuietWindow(11 * 60, 13 * 60),), timezone="UTC")
    assert house.rank("m-1").slate[0].send_at == NOON + HOUR
    assert codes_of(house.rank("m-2", mode=Mode.CONFIRM)) == {"m-2": "quiet_hours"}


def test_what_another_decision_holds_is_excluded_until_that_hold_ends(house: House) -> None:
    house.rank("m-1")
    (exclusion,) = house.rank("m-1").excluded
    assert (exclusion.code, exclusion.until) == (ExclusionCode.HELD, NOON + 5 * MINUTE)
    assert slate_of(house.rank("m-1", as_of=NOON + 5 * MINUTE)) == ["m-1"]


def test_two_event_keys_are_two_contents(house: House) -> None:
    assert slate_of(house.rank(Candidate("m-1", event_key="a"))) == ["m-1"]
    second = house.rank(Candidate("m-1", event_key="b"))
    assert second.slate[0].event_key == "b"
    assert codes_of(house.rank(Candidate("m-1", event_key="b"))) == {"m-1": "held"}


def test_a_message_named_twice_is_refused_by_name(house: House) -> None:
    with pytest.raises(ValueError, match="candidates: expected each message once, got 'm-1' again"):
        house.rank("m-1", "m-1")


def test_no_candidates_means_every_live_message(house: House) -> None:
    house.put(message("gone", expires_at=NOON - 1), message("later", published_at=NOON + DAY))
    decision = house.rank(everything=True, slots=5)
    assert everything_named(decision) == ["m-1", "m-2", "m-3", "m-4", "m-5"]
    assert decision.not_considered == 0


def test_above_the_limit_the_newest_are_kept_and_the_rest_is_counted(tmp_path: Path) -> None:
    house = House(tmp_path, consider=3)
    house.put(*(message(f"m-{place}", published_at=NOON - place // 2 * HOUR) for place in range(8)))
    decision = house.rank(everything=True, slots=5)
    assert everything_named(decision) == ["m-0", "m-1", "m-2"]
    assert decision.not_considered == 5


def test_the_stored_decision_reads_back_under_the_pseudonym(house: House) -> None:
    decision = house.rank("m-1", "m-2", "nobody-knows", slots=1)
    stored = house.store.decision(decision.decision_id)
    assert stored is not None
    assert b"u-1" not in stored.body
    assert read(stored) == replace(decision, user_id=house.pseudonyms.of("u-1"))


def test_silence_says_why(house: House) -> None:
    assert house.rank().silence is SilenceCode.NO_CANDIDATES
    assert house.rank("nobody-knows").silence is SilenceCode.ALL_EXCLUDED
    house.settle(muted_until=NOON + DAY)
    assert house.rank("m-1").silence is SilenceCode.MUTED
    assert house.rank("m-1").slate == ()


def test_a_value_floor_above_everything_passes_everything_over(tmp_path: Path) -> None:
    house = House(tmp_path, value_floor=1.0)
    house.put(message("m-1"))
    decision = house.rank("m-1")
    assert (decision.silence, decision.passed_over[0].message_id) == (SilenceCode.BELOW_VALUE, "m-1")


def test_a_required_certificate_that_is_missing_means_silence(tmp_path: Path) -> None:
    house = House(tmp_path, certificate="required")
    house.put(message("m-1"))
    decision = house.rank("m-1", "nobody-knows")
    assert (decision.silence, decision.slate) == (SilenceCode.NOT_CERTIFIED, ())
    assert everything_named(decision) == ["m-1", "nobody-knows"]


@dataclass(frozen=True)
class Interrupted:
    """A scorer during whose work something else happens."""

    scorer: Scorer
    happening: Callable[[], object]

    def score(self, matrix: Floats) -> Scores:
        self.happening()
        return self.scorer.score(matrix)


def interrupted(house: House, happening: Callable[[], object]) -> None:
    served = house.ranker.served
    house.ranker.served = replace(served, item_only=Interrupted(served.item_only, happening))


def test_an_opt_out_that_comes_while_scoring_leaves_nothing_to_send(house: House) -> None:
    interrupted(house, lambda: house.settle(push=False))
    decision = house.rank("m-1", "m-2", "nobody-knows")
    assert codes_of(decision) == {"m-1": "opted_out", "m-2": "opted_out", "nobody-knows": "unknown_message"}
    assert (decision.slate, decision.silence) == ((), SilenceCode.ALL_EXCLUDED)
    assert house.record().pushes == ()


def test_a_message_lost_to_another_decision_makes_way_for_the_next_best(house: House) -> None:
    first_choice = slate_of(house.rank("m-1", "m-2", mode=Mode.LOOK))[0]
    served = house.served
    interrupted(house, lambda: Ranker.rank(replace(house.ranker, served=served), request_for(first_choice), "other"))
    decision = house.rank("m-1", "m-2")
    assert codes_of(decision) == {first_choice: "held"}
    assert slate_of(decision) == [name for name in ("m-1", "m-2") if name != first_choice]
    assert len(house.record().pushes) == 2


def request_for(name: str) -> RankingRequest:
    return RankingRequest("u-1", NOON, (Candidate(name),))


def test_without_a_model_every_answer_says_so(house: House, model: Served) -> None:
    assert house.rank("m-1", mode=Mode.LOOK).degraded
    assert house.rank("m-1", mode=Mode.LOOK).versions.model is None
    house.ranker.served = model
    decision = house.rank("m-1", mode=Mode.LOOK)
    assert not decision.degraded
    assert decision.versions.model == model.model
    assert decision.versions.features == model.view.digest


def history(house: House, user: str) -> None:
    house.take(*(house.event(EventType.SENT, NOON - place * DAY, user, message_id="m-5") for place in range(3, 9)))
    clicks = (house.event(EventType.CLICKED, NOON - 3 * DAY + HOUR * place, user, message_id="m-5") for place in (1, 2))
    house.take(*clicks, house.event(EventType.ACTIVITY, NOON - DAY, user, kind="view", tags=("running",)))


def test_what_happened_counts_in_the_next_ranking(house: House, model: Served) -> None:
    house.ranker.served = model
    before = house.rank("m-1", mode=Mode.LOOK).slate[0].scored
    history(house, "u-1")
    after = house.rank("m-1", mode=Mode.LOOK).slate[0].scored
    assert after.p_click != before.p_click


def test_without_personalisation_a_user_is_scored_like_a_stranger(house: House, model: Served) -> None:
    house.ranker.served = model
    history(house, "u-1")
    house.settle("stranger", personalisation=False)
    house.settle("u-1", UserFacts(timezone="Asia/Tokyo", language="ja", tier="gold"), personalisation=False)
    mine, theirs = (house.rank("m-1", "m-2", mode=Mode.LOOK, user=user) for user in ("u-1", "stranger"))
    assert [chosen.scored for chosen in mine.slate] == [chosen.scored for chosen in theirs.slate]
    assert mine.passed_over == theirs.passed_over
    assert not mine.degraded
    house.settle("u-1", personalisation=True)
    assert house.rank("m-1", "m-2", mode=Mode.LOOK).slate[0].scored != mine.slate[0].scored


def test_what_a_request_fills_in_reaches_value_and_features(house: House, model: Served) -> None:
    house.ranker.served = model
    plain = house.rank("m-1", mode=Mode.LOOK).slate[0].scored
    filled = house.rank(Candidate("m-1", worth=3.0), mode=Mode.LOOK).slate[0].scored
    assert filled.net_value > plain.net_value
    view = model.view
    candidate = Candidate("m-1", event_key="e", items=("a", "b"), worth=2.0)
    known = house.catalogue.live("m-1")
    assert known is not None
    facts = house.catalogue.facts(view, [candidate.applied_to(known)])
    fresh = house.catalogue.facts(view, [replace(candidate.applied_to(known), title=known.title + " ")])
    for name in ("message_item_count", "message_worth", "message_personal"):
        assert facts.columns[name][0] == fresh.columns[name][0]
    assert facts.columns["message_item_count"][0] == 2.0


def test_reasons_come_from_what_the_scorer_read(house: House, model: Served) -> None:
    house.put(message("run", tags=("running",), published_at=NOON - DAY), message("new", published_at=NOON - MINUTE))
    house.ranker.served = model
    activity = (house.event(EventType.ACTIVITY, NOON - DAY + n, tags=("running",), kind="view") for n in range(4))
    house.take(*activity)
    reasons = house.rank("run", mode=Mode.LOOK).slate[0].reasons
    assert (reasons[0].code, reasons[0].tag) == (ReasonCode.INTEREST, "running")
    assert [reason.code for reason in house.rank("new", mode=Mode.LOOK).slate[0].reasons] == [ReasonCode.FRESH]
    house.settle(personalisation=False)
    assert house.rank("run", mode=Mode.LOOK).slate[0].reasons == ()


def test_a_deleted_message_is_unknown_to_the_next_request(house: House) -> None:
    assert slate_of(house.rank("m-1", mode=Mode.LOOK)) == ["m-1"]
    house.store.delete_message("m-1", NOON)
    assert codes_of(house.rank("m-1", mode=Mode.LOOK)) == {"m-1": "unknown_message"}


def test_the_path_itself_stays_on_one_screen() -> None:
    source = Path(ranker_module.__file__).read_text(encoding="utf-8")
    body = source[source.index("    def rank(") :]
    assert body.count("\n") <= 40


def test_an_unknown_user_is_answered(house: House) -> None:
    assert house.record("nobody") == UserRecord(house.pseudonyms.of("nobody"))
    assert slate_of(house.rank("m-1", user="nobody")) == ["m-1"]


@pytest.mark.parametrize("mode", list(Mode))
def test_an_erased_user_gets_nothing_and_nothing_is_stored(house: House, mode: Mode) -> None:
    with closing(open_store(house.address, tomb=lambda user_key: f"t_{user_key}")) as store:
        store.transact(house.pseudonyms.of("u-1"), lambda _: Change(None, erase=Erasure(NOON)), NOON)
        ranker = replace(house.ranker, store=store, features_share=1.0)
        decision = ranker.rank(RankingRequest("u-1", NOON, mode=mode), "d-1")
        assert decision.silence is SilenceCode.ALL_EXCLUDED
        assert set(codes_of(decision).values()) == {"opted_out"}
        assert (store.decision("d-1"), store.features_of("d-1")) == (None, None)
        assert store.count("decisions") == store.count("pushes") == 0

"""The closed vocabularies of the contract, each value with one meaning."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What a message is, independent of its topic."""

    INFORM = "inform"
    OFFER = "offer"
    SURVEY = "survey"
    GREETING = "greeting"
    STORY = "story"
    SERVICE = "service"


class Purpose(StrEnum):
    """What a consent is for."""

    SERVICE = "service"
    RECOMMENDATION = "recommendation"
    MARKETING = "marketing"
    RESEARCH = "research"


class Urgency(StrEnum):
    """Whether a message can wait for a better hour."""

    NORMAL = "normal"
    BREAKING = "breaking"


class Mode(StrEnum):
    """What a ranking does beside answering: nothing, reserve, or reserve and confirm."""

    LOOK = "look"
    HOLD = "hold"
    CONFIRM = "confirm"


class QuietAction(StrEnum):
    """What happens to a message that falls into quiet hours."""

    DEFER = "defer"
    DROP = "drop"


class EventType(StrEnum):
    """What a backend may report."""

    SENT = "sent"
    FAILED = "failed"
    DELIVERED = "delivered"
    CLICKED = "clicked"
    OPENED = "opened"
    DISMISSED = "dismissed"
    CONVERTED = "converted"
    OPTED_OUT = "opted_out"
    OPTED_IN = "opted_in"
    REACH_LOST = "reach_lost"
    FEEDBACK = "feedback"
    ANSWER = "answer"
    ACTIVITY = "activity"
    ATTRIBUTE = "attribute"


class FeedbackReason(StrEnum):
    """Why a user said what they said about a push."""

    NOT_RELEVANT = "not_relevant"
    TOO_OFTEN = "too_often"
    BAD_TIME = "bad_time"
    SEEN_BEFORE = "seen_before"
    OFFENSIVE = "offensive"
    MORE_LIKE_THIS = "more_like_this"


class ExclusionCode(StrEnum):
    """Why a constraint removed a candidate."""

    UNKNOWN_MESSAGE = "unknown_message"
    NOT_LIVE = "not_live"
    EXPIRED = "expired"
    NO_CONSENT = "no_consent"
    OBJECTED = "objected"
    OPTED_OUT = "opted_out"
    CATEGORY_OFF = "category_off"
    MUTED = "muted"
    QUIET_HOURS = "quiet_hours"
    NO_TIMEZONE = "no_timezone"
    CAP_DAY = "cap_day"
    CAP_WEEK = "cap_week"
    CAP_CATEGORY = "cap_category"
    CAP_KIND = "cap_kind"
    CAP_CHANNEL = "cap_channel"
    MIN_GAP = "min_gap"
    RAMP_UP = "ramp_up"
    HELD = "held"
    ALREADY_SENT = "already_sent"
    NEAR_DUPLICATE = "near_duplicate"
    SEEN_ELSEWHERE = "seen_elsewhere"
    NOT_REACHABLE = "not_reachable"
    MINOR_PROTECTED = "minor_protected"


class StopCode(StrEnum):
    """Why a confirm did not permit a send, beside the exclusion codes."""

    TOO_EARLY = "too_early"
    HOLD_EXPIRED = "hold_expired"
    RELEASED = "released"


class PassedCode(StrEnum):
    """Why a candidate that was allowed was not chosen."""

    OUTRANKED = "outranked"
    BELOW_VALUE = "below_value"
    REPETITIVE = "repetitive"
    NOT_CERTIFIED = "not_certified"
    EXPLORED = "explored"


class SilenceCode(StrEnum):
    """Why slots stay empty."""

    BELOW_VALUE = "below_value"
    NOT_CERTIFIED = "not_certified"
    ALL_EXCLUDED = "all_excluded"
    MUTED = "muted"
    NO_CANDIDATES = "no_candidates"


class ReasonCode(StrEnum):
    """Why a message was chosen."""

    INTEREST = "interest"
    CATEGORY_INTEREST = "category_interest"
    POPULAR = "popular"
    NEW_TOPIC = "new_topic"
    FRESH = "fresh"
    GOOD_HOUR = "good_hour"
    BREAKING = "breaking"
    KEEP_IN_TOUCH = "keep_in_touch"


class HoldState(StrEnum):
    """Where a reserved push stands. `held` counts until it expires, `confirmed` until it failed or was released."""

    HELD = "held"
    CONFIRMED = "confirmed"
    RELEASED = "released"
    FAILED = "failed"


class OutcomeCode(StrEnum):
    """What became of a message that was chosen, told to the person for whom it was."""

    PLANNED = "planned"
    SENT = "sent"
    LAPSED = "lapsed"
    STOPPED = "stopped"
    FAILED = "failed"
    FORGOTTEN = "forgotten"


class RemedyCode(StrEnum):
    """One step by which a user changes what a decision showed."""

    FEWER = "fewer"
    OFF = "off"
    NOT_THIS_HOUR = "not_this_hour"
    NOT_THIS_INTEREST = "not_this_interest"
    NOT_PERSONAL = "not_personal"
    MUTE = "mute"
    UNMUTE = "unmute"
    PUSH_ON = "push_on"
    ON = "on"
    CONSENT = "consent"
    MORE_A_DAY = "more_a_day"
    MORE_A_WEEK = "more_a_week"
    MORE_OF_CATEGORY = "more_of_category"
    WAIT = "wait"
    ALLOW_THIS_HOUR = "allow_this_hour"

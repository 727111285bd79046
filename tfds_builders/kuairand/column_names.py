"""Columns of the files, and what kind of value each holds."""

from collections.abc import Sequence

# Columns of the logs that hold 0 or 1 -> the task that each is the label of.
SIGNALS = {
    "is_click": "click",
    "long_view": "long_view",
    "is_like": "like",
    "is_profile_enter": "profile_visit",
    "is_comment": "comment",
    "is_follow": "follow",
    "is_forward": "forward",
    "is_hate": "hate",
}
FINISH = "finish"
# At least 1 % of the rows have a 1.
COMMON_TASKS = ("click", "long_view", FINISH, "like", "profile_visit")
TASKS = (*COMMON_TASKS, "comment", "follow", "forward", "hate")
LOG_COLUMNS = (
    "user_id",
    "video_id",
    "date",
    "hourmin",
    "time_ms",
    "is_click",
    "is_like",
    "is_follow",
    "is_comment",
    "is_forward",
    "is_hate",
    "long_view",
    "play_time_ms",
    "duration_ms",
    "profile_stay_time",
    "comment_stay_time",
    "is_profile_enter",
    "is_rand",
    "tab",
)
USER_COLUMNS = (
    "user_id",
    "user_active_degree",
    "is_lowactive_period",
    "is_live_streamer",
    "is_video_author",
    "follow_user_num",
    "follow_user_num_range",
    "fans_user_num",
    "fans_user_num_range",
    "friend_user_num",
    "friend_user_num_range",
    "register_days",
    "register_days_range",
    *(f"onehot_feat{i}" for i in range(18)),
)
USER_TEXTS = (
    "user_active_degree",
    "follow_user_num_range",
    "fans_user_num_range",
    "friend_user_num_range",
    "register_days_range",
)
VIDEO_COLUMNS = (
    "video_id",
    "author_id",
    "video_type",
    "upload_dt",
    "upload_type",
    "visible_status",
    "video_duration",
    "server_width",
    "server_height",
    "music_id",
    "music_type",
    "tag",
)
VIDEO_TEXTS = ("video_type", "upload_dt", "upload_type", "tag")
TEXTS = (*USER_TEXTS, *VIDEO_TEXTS, "first_tag")
INTEGERS = (
    *LOG_COLUMNS,
    "hour",
    *(n for n in USER_COLUMNS if n not in (*USER_TEXTS, "user_id")),
    *(n for n in VIDEO_COLUMNS if n not in (*VIDEO_TEXTS, "video_id")),
    "video_duration_bucket",
)


def integers_beside(tasks: Sequence[str]) -> tuple[str, ...]:
    """The integer columns of records, without those that are labels.

    Args:
        tasks: some of `TASKS`.

    Example:
    >>> sorted({*INTEGERS} - {*integers_beside(["finish", "like"])})
    ['is_like']
    """
    return tuple(n for n in INTEGERS if SIGNALS.get(n) not in tasks)

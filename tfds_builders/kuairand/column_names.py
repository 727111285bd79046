"""Columns of the files, and what kind of value each holds."""

LABELS = {"is_click": "click", "is_like": "like", "long_view": "long_view"}
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
    *(name for name in LOG_COLUMNS if name not in LABELS),
    "hour",
    *(n for n in USER_COLUMNS if n not in (*USER_TEXTS, "user_id")),
    *(n for n in VIDEO_COLUMNS if n not in (*VIDEO_TEXTS, "video_id")),
    "video_duration_bucket",
)

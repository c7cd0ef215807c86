package sub.more

test_sub if data.sub.settings.on

test_builtin_error_is_undefined if not time.parse_rfc3339_ns("yesterday")

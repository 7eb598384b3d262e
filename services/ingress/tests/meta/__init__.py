"""What Meta sends, as its documentation and those who receive it show, and what comes of it when
something is wrong: material for tests that generate webhooks."""

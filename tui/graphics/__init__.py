"""Pictures in terminals that can show them: by kitty's graphics protocol, or as sixels."""

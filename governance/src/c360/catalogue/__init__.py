"""The catalogue: what the contracts say, and what the history knows, in an OpenMetadata server.

`desired` says what must stand there, `actual` what stands there now, `plan` what tells them apart, `push` sends that.
"""

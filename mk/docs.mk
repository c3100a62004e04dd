# SPDX-License-Identifier: MIT
# Pages printed from tables. A unit test holds that what is committed is what the tables say.

docs: docs-states ## print the pages that come from tables

docs-states: $(O)/tests/unit/test_core_alert_docs
	$(call say,PRINT,docs/states.md)
	@mkdir -p docs && $< --print > docs/states.md

.PHONY: docs docs-states

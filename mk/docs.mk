# SPDX-License-Identifier: MIT
# Pages printed from tables. A unit test holds that what is committed is what the tables say.

docs: docs-states docs-settings docs-keys docs-metrics ## print the pages that come from tables

docs-states: $(O)/tests/unit/test_core_alert_docs
	$(call say,PRINT,docs/states.md)
	@mkdir -p docs && $< --print > docs/states.md

docs-settings: $(O)/tests/unit/test_core_conf_docs
	$(call say,PRINT,docs/settings.md)
	@mkdir -p docs && $< --print > docs/settings.md

docs-keys: $(O)/botswain
	$(call say,PRINT,docs/keys.md)
	@mkdir -p docs && $< --print-keys > docs/keys.md

docs-metrics: $(O)/tests/unit/test_core_collect_metrics
	$(call say,PRINT,docs/metrics.md)
	@mkdir -p docs && $< --print > docs/metrics.md

.PHONY: docs docs-states docs-settings docs-keys docs-metrics

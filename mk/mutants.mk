# SPDX-License-Identifier: MIT
# make mutants: breaks one behaviour after the other (tests/mutants/list) in a copy of the tree; a test must turn red.

mutants: ## break behaviours by hand, one by one: a test must notice (ONLY=word for some)
	$(Q)JOBS=$(JOBS) tests/mutants/run $(ONLY)

.PHONY: mutants

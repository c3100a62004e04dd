# SPDX-License-Identifier: MIT
# Files of config/ as bytes in the programs: config/botswain.yaml -> gen/botswain.yaml.inc.

$(O)/gen/%.inc: config/%
	@mkdir -p $(@D)
	$(Q)od -An -v -tx1 $< | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g' > $@

$(O)/obj/core/conf/default.o: $(O)/gen/botswain.yaml.inc

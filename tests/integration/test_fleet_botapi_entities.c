/* SPDX-License-Identifier: MIT */
/* Formatted text on the fleet's Bot API server: what parses, into which entities, and in which words the rest is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/botapi_calls.h"

static char *token;

static int start(void **state)
{
	(void)state;
	botapi_start(&server);
	token = botapi_make_bot(&server, "texts");
	json_decref(botapi_control(&server, "say", "{\"bot\":\"texts-00001\",\"chat\":5}"));
	return 0;
}

static int stop(void **state)
{
	(void)state;
	free(token);
	botapi_stop(&server);
	return 0;
}

/* What parses: the text as it is shown, and its entities. */
struct good {
	const char *mode, *text, *shown, *entities;
};

static json_t *send_json(const char *mode, const char *text, const char *entities)
{
	json_t *list = entities ? json_loads(entities, 0, NULL) : NULL;
	json_t *body = json_pack("{s:i,s:s,s:s}", "chat_id", 5, "text", text, "parse_mode", mode);
	if (list)
		json_object_set_new(body, "entities", list);
	return body;
}

static void check_good(const struct good *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		json_t *body = send_json(cases[i].mode, cases[i].text, NULL);
		autofree char *text = json_dumps(body, 0);
		json_decref(body);
		json_t *message = botapi_result(&server, token, "sendMessage", "%s", text);
		assert_string_equal(text_at(message, "text"), cases[i].shown);
		json_t *entities = json_incref(json_object_get(message, "entities"));
		json_decref(message);
		assert_json(entities ? entities : json_array(), cases[i].entities);
	}
}

/* What does not: the words behind "can't parse entities: ". */
struct bad {
	const char *mode, *text, *words;
};

static void check_bad(const struct bad *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		json_t *body = send_json(cases[i].mode, cases[i].text, NULL);
		autofree char *text = json_dumps(body, 0);
		autofree char *words =
			xasprintf("Bad Request: can't parse entities: %s", cases[i].words);
		json_decref(body);
		botapi_refused(&server, token, "sendMessage", text, 400, words);
	}
}

/* clang-format off */
static void html_becomes_entities(void **state)
{
	(void)state;
	static const struct good cases[] = {
		{"HTML", "<b>bold</b> <i>it</i>", "bold it",
			"[{\"offset\":0,\"length\":4,\"type\":\"bold\"},{\"offset\":5,\"length\":2,\"type\":\"italic\"}]"},
		{"html", "<STRONG>a<em>b</em></STRONG>", "ab",
			"[{\"offset\":0,\"length\":2,\"type\":\"bold\"},{\"offset\":1,\"length\":1,\"type\":\"italic\"}]"},
		{"HTML", "1 &lt; 2 &amp;&amp; &quot;x&quot; &#x1f600;&#33;", "1 < 2 && \"x\" 😀!", "[]"},
		{"HTML", "&copy; &nosuch; &", "&copy; &nosuch; &", "[]"},
		{"HTML", "😀<u>x</u><s>y</s>", "😀xy",
			"[{\"offset\":2,\"length\":1,\"type\":\"underline\"},{\"offset\":3,\"length\":1,\"type\":\"strikethrough\"}]"},
		{"HTML", "<a href='https://example.com/?a=1&amp;b=2'>here</a>", "here",
			"[{\"offset\":0,\"length\":4,\"type\":\"text_link\",\"url\":\"https://example.com/?a=1&b=2\"}]"},
		{"HTML", "<a href=\"tg://user?id=42\">who</a>", "who",
			"[{\"offset\":0,\"length\":3,\"type\":\"text_mention\",\"user\":{\"id\":42,\"is_bot\":false,"
			"\"first_name\":\"Quentin\",\"language_code\":\"en\"}}]"},
		{"HTML", "<a>no link</a>", "no link", "[]"},
		{"HTML", "<pre><code class=\"language-c\">int x;</code></pre>", "int x;",
			"[{\"offset\":0,\"length\":6,\"type\":\"pre\",\"language\":\"c\"}]"},
		{"HTML", "<code class=\"language-c\">int x;</code>", "int x;",
			"[{\"offset\":0,\"length\":6,\"type\":\"code\"}]"},
		{"HTML", "<tg-spoiler>a</tg-spoiler><span class=\"tg-spoiler\">b</span>", "ab",
			"[{\"offset\":0,\"length\":1,\"type\":\"spoiler\"},{\"offset\":1,\"length\":1,\"type\":\"spoiler\"}]"},
		{"HTML", "<blockquote expandable>long</blockquote>", "long",
			"[{\"offset\":0,\"length\":4,\"type\":\"expandable_blockquote\"}]"},
		{"HTML", "<tg-emoji emoji-id=\"5368324170671202286\">👍</tg-emoji>", "👍",
			"[{\"offset\":0,\"length\":2,\"type\":\"custom_emoji\",\"custom_emoji_id\":\"5368324170671202286\"}]"},
		{"HTML", "<b>closed by</>", "closed by", "[{\"offset\":0,\"length\":9,\"type\":\"bold\"}]"},
		{"HTML", "<b></b>x", "x", "[]"},
	};
	check_good(cases, COUNT_OF(cases));
}

static void html_that_is_wrong_is_refused_with_its_place(void **state)
{
	(void)state;
	static const struct bad cases[] = {
		{"HTML", "<x>", "Unsupported start tag \"x\" at byte offset 0"},
		{"HTML", "é <Blink>x", "Unsupported start tag \"blink\" at byte offset 3"},
		{"HTML", "1 < 2", "Unsupported start tag \"\" at byte offset 2"},
		{"HTML", "1 <2", "Unclosed start tag at byte offset 2"},
		{"HTML", "<b>x", "Can't find end tag corresponding to start tag \"b\""},
		{"HTML", "<b>x</i>", "Unmatched end tag at byte offset 4, expected \"</b>\", found \"</i>\""},
		{"HTML", "x</b>", "Unexpected end tag at byte offset 1"},
		{"HTML", "<b>x</b", "Unclosed end tag at byte offset 4"},
		{"HTML", "<a href=\"x", "Unclosed start tag at byte offset 0"},
		{"HTML", "<a href", "Unclosed start tag \"a\" at byte offset 0"},
		{"HTML", "<a href ", "Unclosed start tag \"a\" at byte offset 0"},
		{"HTML", "<a href=x/y>z</a>", "Unexpected end of name token at byte offset 8"},
		{"HTML", "<a =x>z</a>", "Empty attribute name in the tag \"a\" at byte offset 0"},
		{"HTML", "<span>x</span>", "Tag \"span\" must have class \"tg-spoiler\" at byte offset 0"},
	};
	check_bad(cases, COUNT_OF(cases));
}

static void markdown_v2_becomes_entities(void **state)
{
	(void)state;
	static const struct good cases[] = {
		{"MarkdownV2", "*b* _i_ __u__ ~s~ ||p||", "b i u s p",
			"[{\"offset\":0,\"length\":1,\"type\":\"bold\"},{\"offset\":2,\"length\":1,\"type\":\"italic\"},"
			"{\"offset\":4,\"length\":1,\"type\":\"underline\"},{\"offset\":6,\"length\":1,\"type\":\"strikethrough\"},"
			"{\"offset\":8,\"length\":1,\"type\":\"spoiler\"}]"},
		{"MarkdownV2", "a\\.b\\!", "a.b!", "[]"},
		{"MarkdownV2", "*bold _both_*", "bold both",
			"[{\"offset\":0,\"length\":9,\"type\":\"bold\"},{\"offset\":5,\"length\":4,\"type\":\"italic\"}]"},
		{"MarkdownV2", "[t](http://example.com/a\\)b)", "t",
			"[{\"offset\":0,\"length\":1,\"type\":\"text_link\",\"url\":\"http://example.com/a)b\"}]"},
		{"MarkdownV2", "`a.b`", "a.b", "[{\"offset\":0,\"length\":3,\"type\":\"code\"}]"},
		{"MarkdownV2", "```py\nx.y = `1`\n```", "x.y = `1`",
			"[{\"offset\":0,\"length\":9,\"type\":\"pre\",\"language\":\"py\"}]"},
		{"MarkdownV2", "![👍](tg://emoji?id=5368324170671202286)", "👍",
			"[{\"offset\":0,\"length\":2,\"type\":\"custom_emoji\",\"custom_emoji_id\":\"5368324170671202286\"}]"},
		{"MarkdownV2", ">one\n>two\nthree", "one\ntwo\nthree", "[{\"offset\":0,\"length\":7,\"type\":\"blockquote\"}]"},
		{"MarkdownV2", ">one\n>two||", "one\ntwo", "[{\"offset\":0,\"length\":7,\"type\":\"expandable_blockquote\"}]"},
	};
	check_good(cases, COUNT_OF(cases));
}

static void markdown_v2_that_is_wrong_is_refused_with_its_place(void **state)
{
	(void)state;
	static const struct bad cases[] = {
		{"MarkdownV2", "a.b", "Character '.' is reserved and must be escaped with the preceding '\\'"},
		{"MarkdownV2", "1-2", "Character '-' is reserved and must be escaped with the preceding '\\'"},
		{"MarkdownV2", "a|b", "Character '|' is reserved and must be escaped with the preceding '\\'"},
		{"MarkdownV2", "a > b", "Character '>' is reserved and must be escaped with the preceding '\\'"},
		{"MarkdownV2", "é *b", "Can't find end of Bold entity at byte offset 3"},
		{"MarkdownV2", "_*i_*", "Can't find end of Bold entity at byte offset 4"},
		{"MarkdownV2", "__u", "Can't find end of Underline entity at byte offset 0"},
		{"MarkdownV2", "`c", "Can't find end of Code entity at byte offset 0"},
		{"MarkdownV2", "```\nc``", "Can't find end of Pre entity at byte offset 0"},
		{"MarkdownV2", "```py\nc", "Can't find end of PreCode entity at byte offset 0"},
		{"MarkdownV2", "||p", "Can't find end of Spoiler entity at byte offset 0"},
		{"MarkdownV2", "[t](http://example.com", "Can't find end of a URL at byte offset 4"},
		{"MarkdownV2", "![x]", "Custom emoji entity must contain a tg://emoji URL"},
		{"MarkdownV2", ">*one\ntwo*", "Can't find end of Bold entity at byte offset 1"},
	};
	check_bad(cases, COUNT_OF(cases));
}

static void the_old_markdown_does_not_nest(void **state)
{
	(void)state;
	static const struct good cases[] = {
		{"Markdown", "*b* _i_ `c` \\*", "b i c *",
			"[{\"offset\":0,\"length\":1,\"type\":\"bold\"},{\"offset\":2,\"length\":1,\"type\":\"italic\"},"
			"{\"offset\":4,\"length\":1,\"type\":\"code\"}]"},
		{"markdown", "*a_b* c.d", "a_b c.d", "[{\"offset\":0,\"length\":3,\"type\":\"bold\"}]"},
		{"Markdown", "[t](example.com)", "t",
			"[{\"offset\":0,\"length\":1,\"type\":\"text_link\",\"url\":\"http://example.com/\"}]"},
		{"Markdown", "```sh\nls\n```", "ls", "[{\"offset\":0,\"length\":2,\"type\":\"pre\",\"language\":\"sh\"}]"},
	};
	static const struct bad wrong[] = {
		{"Markdown", "a *b", "Can't find end of the entity starting at byte offset 2"},
		{"Markdown", "snake_case", "Can't find end of the entity starting at byte offset 5"},
	};
	check_good(cases, COUNT_OF(cases));
	check_bad(wrong, COUNT_OF(wrong));
}

static void commands_mentions_and_links_are_found_without_marks(void **state)
{
	(void)state;
	static const struct good cases[] = {
		{"", "/start@orders_bot now", "/start@orders_bot now", "[{\"offset\":0,\"length\":17,\"type\":\"bot_command\"}]"},
		{"", "a/b /x/ 1/2", "a/b /x/ 1/2", "[]"},
		{"", "😀 @anna_b #tag $USD", "😀 @anna_b #tag $USD",
			"[{\"offset\":3,\"length\":7,\"type\":\"mention\"},{\"offset\":11,\"length\":4,\"type\":\"hashtag\"},"
			"{\"offset\":16,\"length\":4,\"type\":\"cashtag\"}]"},
		{"", "see https://example.com/a?b=c. Or a.b@example.com", "see https://example.com/a?b=c. Or a.b@example.com",
			"[{\"offset\":4,\"length\":25,\"type\":\"url\"},{\"offset\":34,\"length\":15,\"type\":\"email\"}]"},
		{"HTML", "<code>/start</code> /stop", "/start /stop",
			"[{\"offset\":0,\"length\":6,\"type\":\"code\"},{\"offset\":7,\"length\":5,\"type\":\"bot_command\"}]"},
	};
	check_good(cases, COUNT_OF(cases));
}

static void white_space_at_both_ends_goes_and_entities_move_with_it(void **state)
{
	(void)state;
	static const struct good cases[] = {
		{"HTML", "  <b> x </b> ", "x", "[{\"offset\":0,\"length\":1,\"type\":\"bold\"}]"},
		{"HTML", "\n\n a<b>b</b>\n", "ab", "[{\"offset\":1,\"length\":1,\"type\":\"bold\"}]"},
	};
	check_good(cases, COUNT_OF(cases));
	botapi_refused(&server, token, "sendMessage",
		"{\"chat_id\":5,\"text\":\"<b> </b>\",\"parse_mode\":\"HTML\"}", 400, "Bad Request: text must be non-empty");
}
/* clang-format on */

static void check_entities(const char *text, const char *given, const char *kept)
{
	json_t *body = send_json("", text, given);
	autofree char *dumped = json_dumps(body, 0);
	json_decref(body);
	json_t *message = botapi_result(&server, token, "sendMessage", "%s", dumped);
	json_t *entities = json_incref(json_object_get(message, "entities"));
	json_decref(message);
	assert_json(entities ? entities : json_array(), kept);
}

static void refuse_entities(const char *text, const char *given, const char *words)
{
	json_t *body = send_json("", text, given);
	autofree char *dumped = json_dumps(body, 0);
	json_decref(body);
	botapi_refused(&server, token, "sendMessage", dumped, 400, words);
}

static void entities_can_be_given_instead_of_marks(void **state)
{
	(void)state;
	check_entities("<b>&😀", "[{\"type\":\"bold\",\"offset\":4,\"length\":2}]",
		"[{\"type\":\"bold\",\"offset\":4,\"length\":2}]");
	check_entities("abcdef",
		"[{\"type\":\"italic\",\"offset\":2,\"length\":4},"
		"{\"type\":\"bold\",\"offset\":0,\"length\":4}]",
		"[{\"type\":\"bold\",\"offset\":0,\"length\":4},"
		"{\"type\":\"italic\",\"offset\":2,\"length\":2},"
		"{\"type\":\"italic\",\"offset\":4,\"length\":2}]");
	check_entities("/a b",
		"[{\"type\":\"bot_command\",\"offset\":2,\"length\":2},"
		"{\"type\":\"bold\",\"offset\":0,\"length\":0}]",
		"[{\"type\":\"bot_command\",\"offset\":0,\"length\":2}]");
}

static void entities_that_lie_outside_of_the_text_are_refused(void **state)
{
	(void)state;
	refuse_entities("ab", "[{\"type\":\"bold\",\"offset\":1,\"length\":5}]",
		"Bad Request: Entity beginning at UTF-16 offset 1 ends after the end of the text "
		"at UTF-16 offset 6");
	refuse_entities("ab", "[{\"type\":\"bold\",\"offset\":3,\"length\":1}]",
		"Bad Request: Entity begins after the end of the text at UTF-16 offset 3");
	refuse_entities("😀", "[{\"type\":\"bold\",\"offset\":1,\"length\":1}]",
		"Bad Request: Entity begins in a middle of a UTF-16 symbol at byte offset 4");
	refuse_entities("ab", "[{\"type\":\"fancy\",\"offset\":0,\"length\":1}]",
		"Bad Request: can't parse MessageEntity: Unsupported type specified");
	refuse_entities("ab",
		"[{\"type\":\"bold\",\"offset\":9007199254740993,\"length\":"
		"9223372036854775807}]",
		"Bad Request: Entity begins after the end of the text at UTF-16 offset "
		"9007199254740993");
	botapi_refused(&server, token, "sendMessage",
		"{\"chat_id\":5,\"text\":\"x\",\"entities\":\"[{\"}", 400,
		"Bad Request: can't parse entities JSON object");
	botapi_refused(&server, token, "sendMessage",
		"{\"chat_id\":5,\"text\":\"x\",\"parse_mode\":\"bbcode\"}", 400,
		"Bad Request: unsupported parse_mode");
}

static void the_length_of_a_text_is_counted_after_parsing(void **state)
{
	(void)state;
	autostr struct str text = STR_INIT;
	str_adds(&text, "{\"chat_id\":5,\"parse_mode\":\"HTML\",\"text\":\"");
	for (int i = 0; i < 1024; i++)
		str_adds(&text, "<b>😀</b>&lt;&gt;");
	str_adds(&text, "\"}");
	json_t *message = botapi_result(&server, token, "sendMessage", "%s", text.text);
	assert_int_equal(json_array_size(json_object_get(message, "entities")), 100);
	json_decref(message);
	str_truncate(&text, text.length - 2);
	str_adds(&text, "x\"}");
	botapi_refused(
		&server, token, "sendMessage", text.text, 400, "Bad Request: message is too long");
}

static void nesting_and_quotes_without_end_cost_no_more_than_a_refusal(void **state)
{
	(void)state;
	autostr struct str text = STR_INIT;
	str_adds(&text, "{\"chat_id\":5,\"parse_mode\":\"HTML\",\"text\":\"");
	for (int i = 0; i < 200000; i++)
		str_adds(&text, "<b>");
	str_adds(&text, "\"}");
	botapi_refused(&server, token, "sendMessage", text.text, 400,
		"Bad Request: can't parse entities: Too many nested tags");
	str_clear(&text);
	str_adds(&text, "{\"chat_id\":5,\"parse_mode\":\"MarkdownV2\",\"text\":\"");
	for (int i = 0; i < 100000; i++)
		str_adds(&text, "*_");
	str_adds(&text, "\"}");
	botapi_refused(&server, token, "sendMessage", text.text, 400,
		"Bad Request: can't parse entities: Too many nested entities");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(html_becomes_entities),
		cmocka_unit_test(html_that_is_wrong_is_refused_with_its_place),
		cmocka_unit_test(markdown_v2_becomes_entities),
		cmocka_unit_test(markdown_v2_that_is_wrong_is_refused_with_its_place),
		cmocka_unit_test(the_old_markdown_does_not_nest),
		cmocka_unit_test(commands_mentions_and_links_are_found_without_marks),
		cmocka_unit_test(white_space_at_both_ends_goes_and_entities_move_with_it),
		cmocka_unit_test(entities_can_be_given_instead_of_marks),
		cmocka_unit_test(entities_that_lie_outside_of_the_text_are_refused),
		cmocka_unit_test(the_length_of_a_text_is_counted_after_parsing),
		cmocka_unit_test(nesting_and_quotes_without_end_cost_no_more_than_a_refusal),
	};
	return cmocka_run_group_tests(tests, start, stop);
}

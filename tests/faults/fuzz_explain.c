/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * libFuzzer for what the supervisor of -x makes of prog's words: names, command lines, files of /proc
 * that end anywhere, calls with any arguments. A line must be one, in UTF-8, of what can be seen; an
 * object must be JSON, and the answer an error.
 */
#include <stdbool.h>
#include <stddef.h>

static bool read_fuzzed(int directory, const char *thread, const char *name, char *text, size_t size);

/* The whole source, so that its insides can be called; /proc is the input. */
#define read_of_thread read_fuzzed
#include "explain.c"

#include <linux/audit.h>

const char *say_as = "disablenetwork";

/* What it asks others for, and does not here. */
int open_proc(const char *name, int flags)
{
	(void)name, (void)flags;
	return -1;
}

const char *capabilities_drop(capability_set keep, capability_set if_held, const struct capability_sets *before,
	struct capabilities_dropped *dropped)
{
	(void)keep, (void)if_held, (void)before, (void)dropped;
	return NULL;
}

static const char *input, *input_end;

static void must(bool what)
{
	if (!what)
		__builtin_trap();
}

/* What a fuzzer would take long to find: byte 254 and one more stand for one of these, and every other
 * status begins as one does. */
static const char *const pieces[] = { "\xc2\x9b", "\xe2\x80\xae", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf0\x80\x80\x80", "\xc0\x80",
	"\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf3\xa0\x80\x81", "\xef\xbb\xbf", "\033[2J", "\"},{", "\\u", "\r\n", "\nTgid:\t1" };

static size_t take(char *text, size_t size, bool of_line)
{
	size_t length = 0;

	while (input < input_end && *input != '\xff' && length < size && !(of_line && *input == '\n')) {
		if (*input != '\xfe' || input_end - input < 2) {
			text[length++] = *input++;
			continue;
		}
		const char *piece = pieces[(unsigned char)input[1] % ROWS(pieces)];
		if (strlen(piece) > size - length || (of_line && strchr(piece, '\n')))
			break;
		memcpy(text + length, piece, strlen(piece));
		length += strlen(piece);
		input += 2;
	}
	input += input < input_end;
	return length;
}

/* As the real one: of what there is, less than SIZE, with a 0 behind it. A file ends with byte 255. */
static bool read_fuzzed(int directory, const char *thread, const char *name, char *text, size_t size)
{
	static const char before[] = "Name:\t", behind[] = "\nTgid:\t17\nPPid:\t16\n";
	size_t length = 0;

	(void)directory, (void)thread;
	const bool begun = strcmp(name, "status") == 0 && input < input_end && (*input & 1);
	if (begun)
		memcpy(text, before, length = sizeof before - 1);
	length += take(text + length, begun ? 90 : size - 1, begun);
	memcpy(text + length, begun ? behind : "", begun ? sizeof behind : 1);
	return length > 0;
}

static bool is_continued(const char *at)
{
	return ((unsigned char)*at & 0xc0) == 0x80;
}

/* Of UTF-8, its control characters and marks of direction left out; without looking at explain.c. */
static void must_be_visible(const char *at)
{
	while (*at) {
		const unsigned char first = (unsigned char)*at++;
		must(first >= 0x20 && first != 0x7f && !(first >= 0x80 && first < 0xc2) && first < 0xf5);
		must(first != 0xc2 || (unsigned char)*at >= 0xa0);
		must(first != 0xe0 || (unsigned char)*at >= 0xa0);
		must(first != 0xed || (unsigned char)*at < 0xa0);
		must(first != 0xf0 || (unsigned char)*at >= 0x90);
		must(first != 0xf4 || (unsigned char)*at < 0x90);
		must(!(first == 0xe2 && *at == '\x80' && (unsigned char)at[1] >= 0xa8 && (unsigned char)at[1] <= 0xae));
		for (int more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3; more > 0; more--)
			must(is_continued(at++));
	}
}

static const char *skip_value(const char *at);

static const char *skip_string(const char *at)
{
	must(*at++ == '"');
	for (; *at != '"'; at++) {
		must((unsigned char)*at >= 0x20);
		if (*at == '\\') {
			must(at[1] == 'u' && strspn(at + 2, "0123456789abcdef") >= 4);
			at += 5;
		}
	}
	return at + 1;
}

static const char *skip_list(const char *at, char end, bool named)
{
	for (at++; *at != end; at++) {
		if (named) {
			at = skip_string(at);
			must(*at++ == ':');
		}
		at = skip_value(at);
		must(*at == ',' || *at == end);
		if (*at == end)
			break;
		must(at[1] != end);
	}
	return at + 1;
}

static const char *skip_value(const char *at)
{
	if (*at == '"')
		return skip_string(at);
	if (*at == '[')
		return skip_list(at, ']', false);
	if (*at == '{')
		return skip_list(at, '}', true);
	if (strncmp(at, "true", 4) == 0)
		return at + 4;
	const size_t length = strspn(at, "0123456789.");
	must(length > 0);
	return at + length;
}

static void finish(struct text *text)
{
	must(text->length <= LINE - 2);
	text->line[text->length] = '\0';
	must(strlen(text->line) == text->length);
	must_be_visible(text->line);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static const struct options options = { .explain = true };
	static struct supervisor own;
	struct seccomp_data call = { .arch = AUDIT_ARCH_X86_64 };
	struct sock_filter filter[8];
	struct kind kind = { .count = 3, .error = EPERM };
	struct particulars found;

	if (size < sizeof call + 2)
		return 0;
	memcpy(&call.args, data, sizeof call.args);
	call.nr = (int)calls[data[sizeof call.args] % ROWS(calls)].number;
	call.arch = data[sizeof call.args + 1] == 1 ? call.arch : calls[data[sizeof call.args] % ROWS(calls)].architecture;
	memcpy(filter, data, sizeof filter);
	must(seccomp_run(filter, 8, &call, EPERM) > 0);

	input = (const char *)data + sizeof call;
	input_end = (const char *)data + size;
	if (!identify(0, 17, &kind.program))
		kind.program = (struct program){ .pid = 17 };
	kind.program.start = find_start(0, &kind.program);
	look_at(0, &kind.program, 1, &found);
	if (describe(&kind.attempt, &call)) {
		struct text line = { .length = 0 }, object = { .length = 0 }, end = { .length = 0 };
		put_line(&line, &kind, &found);
		finish(&line);
		put_object(&object, &kind, &found, kind.count);
		finish(&object);
		must(*object.line == '{' && *skip_value(object.line) == '\0');
		own.options = &options;
		own.kinds[0] = own.kinds[1] = kind;
		own.kind_count = 2;
		own.untold = data[0];
		must(put_end(&end, &own, data[1]));
		finish(&end);
	}
	(void)find_no_routes(read_fuzzed(0, "", "", own.kinds[2].attempt.what, WHAT) ? own.kinds[2].attempt.what : "Ip:");
	return 0;
}

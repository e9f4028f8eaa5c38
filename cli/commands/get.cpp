#include "truckee/base/text.hpp"
#include "truckee/cli/files/content.hpp"
#include "truckee/cli/process/signals.hpp"
#include "truckee/cli/session/inputs.hpp"
#include "truckee/cli/session/session.hpp"
#include "truckee/cli/terminal/as_json.hpp"
#include "truckee/cli/terminal/progress_bar.hpp"
#include "truckee/status/json_text.hpp"

#include <charconv>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <optional>

namespace truckee::cli {

using namespace messages;

namespace {

struct get_options : operation_options {
  std::string output = "-";
  std::string range;
  bool confirmed = false;
};

/// What --range asks for: bytes from the first to the last of both, counted from 0.
struct byte_span {
  std::uint64_t first = 0;
  std::uint64_t last = UINT64_MAX; ///< as it stands: to the end
};

result<byte_span> parse_range(std::string_view text) {
  const auto wrong =
      fail(errc::usage, fmt::format("--range {}: write FIRST-LAST or FIRST-, bytes counted from 0, as in "
                                    "--range 0-1023 for the first KiB",
                                    escaped(text)));
  const auto number = [](std::string_view digits, std::uint64_t& out) {
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
    return problem == std::errc() && end == digits.data() + digits.size();
  };
  byte_span out;
  const auto dash = text.find('-');
  if (dash == text.npos || !number(text.substr(0, dash), out.first))
    return wrong;
  if (dash + 1 < text.size() && !number(text.substr(dash + 1), out.last))
    return wrong;
  if (out.last < out.first)
    return fail(errc::usage, fmt::format("--range {}: it ends before it begins", text));
  return out;
}

int get(const get_options& o, const global_options& global) {
  if (global.json && o.output == "-")
    return complain(
        {errc::usage, "--json and the content cannot both go to standard output; name a file with -o"});
  const auto range = o.range.empty() ? byte_span{} : parse_range(o.range);
  if (!range)
    return complain(range.error());
  // What makes it impossible to give the content away is said before anything is read.
  std::optional<content_output> output;
  if (o.output == "-") {
    if (auto possible = can_give(); !possible)
      return complain(possible.error());
  } else {
    if (auto kept = keep_inputs(o, global, {}, o.output); !kept)
      return complain(kept.error());
    auto opened = content_output::open(o.output);
    if (!opened)
      return complain(opened.error());
    output.emplace(std::move(*opened));
  }
  auto file = open_file(o, global, purpose::read);
  if (!file)
    return complain(file.error());
  retrieve_request request;
  request.cap = file->cap.view();
  request.timeout_ms = o.timeout_ms();
  request.confirmed = o.confirmed;
  request.offset = range->first;
  request.length = range->last == UINT64_MAX ? UINT64_MAX : range->last - range->first + 1;
  const auto reply = ask<retrieve_reply>(file->session, std::move(request), "read");
  int given = exit_ok;
  if (global.json)
    given = give(status::json_text(with_format(as_json(reply), file->cap.view())));
  for (const auto& bad : reply.bad)
    tell(fmt::format("{} share {}: does not verify: {}\n", bad.server, bad.share.value, escaped(bad.reason)));
  if (!reply.ok)
    return complain_of(file->session, reply.failure);
  if (range->first > 0 && range->first >= reply.file_bytes)
    return complain(
        {errc::usage, fmt::format("--range {}: the file has {} bytes", o.range, reply.file_bytes)});
  if (!reply.newer_unreadable.empty())
    tell("truckee: warning: a newer version is signed and cannot be read (" +
         escaped(reply.newer_unreadable) +
         "); this is an older one, of which servers may have been set back: `truckee check` shows where\n");
  if (!output)
    return give(as_text(reply.content.view()));
  {
    const signal_watch watch([&](int signal) {
      output->discard();
      end_process(ended_by(signal));
    });
    if (auto written = output->write(reply.content.view()); !written)
      return complain(written.error());
  }
  if (!global.json)
    tell(fmt::format(
        "version {}, {}{}\n", reply.version.value, human_bytes(static_cast<double>(reply.content.size())),
        o.range.empty() ? "" : fmt::format(" of {}", human_bytes(static_cast<double>(reply.file_bytes)))));
  return given;
}

} // namespace

void add_get(CLI::App& app, program& p) {
  auto o = std::make_shared<get_options>();
  auto* cmd = app.add_subcommand(
      "get", "truckee get --cap-file report.cap -o copy.pdf\n"
             "truckee get --cap-file film.cap --range 1000000-1999999 > piece\n\n"
             "Reads the best recoverable version of a file. Every share is verified; damaged ones are\n"
             "named and replaced by others.");
  add_cap_file(*cmd, *o, "File with a read or write capability; '-': standard input");
  cmd->add_option("-o,--output", o->output, "Where to write it; '-' or nothing: standard output")
      ->type_name("FILE");
  cmd->add_option(
         "--range", o->range,
         "Only these bytes of the content, counted from 0: FIRST-LAST, or FIRST- to the end. Of an MDMF "
         "file no more than the segments of 128 KiB they lie in is fetched")
      ->type_name("FIRST-LAST");
  cmd->add_flag(
      "--confirmed", o->confirmed,
      "Where files are kept strictly: the confirmed version, below which no later confirmed read goes; "
      "fails where it cannot be told which that is. A write capability settles it");
  add_timeout(*cmd, *o);
  add_metrics(*cmd, o->metrics);
  cmd->callback([&p, o] { p.run = [&p, o] { return get(*o, p.options); }; });
}

} // namespace truckee::cli

#include "truckee/base/text.hpp"
#include "truckee/cli/files/content.hpp"
#include "truckee/cli/session/inputs.hpp"
#include "truckee/cli/session/session.hpp"
#include "truckee/cli/terminal/as_json.hpp"
#include "truckee/cli/terminal/progress_bar.hpp"
#include "truckee/control/windowed_read.hpp"
#include "truckee/crypto/capability.hpp"
#include "truckee/status/json_text.hpp"

#include <algorithm>
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

/// Nothing asked for is all.
result<byte_span> parse_range(std::string_view text) {
  if (text.empty())
    return byte_span{};
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

/// How often a file that changes while it is read is read from its beginning, where nothing of it is out yet.
constexpr int beginnings_max = 4;

/// One file on its way to standard output or a named file, in parts of a bounded size where its format has parts.
class reading {
public:
  reading(const get_options& o, const global_options& global, std::optional<content_output> output)
    : o_(o), global_(global), output_(std::move(output)) {}

  /// The exit code.
  int run(opened_file& file, retrieve_request what) {
    const auto format = crypto::parse_capability(file.cap.view());
    const bool in_parts = format && crypto::format_of(format->file) == file_format::mdmf;
    const auto extent = in_parts ? std::make_shared<read_extent>() : nullptr;
    parts_.emplace(std::move(what), in_parts ? control::read_window_bytes : UINT64_MAX);
    std::optional<error> failure;
    int code = exit_ok;
    {
      conversation talk(file.session, "read", extent, [this] {
        if (output_)
          output_->discard();
      });
      failure = read(talk, extent.get(), code);
    }
    const int told =
        global_.json ? give(status::json_text(with_format(in_json(), file.cap.view()))) : exit_ok;
    for (const auto& bad : sum_.bad)
      tell(fmt::format("{} share {}: does not verify: {}\n", bad.server, bad.share.value,
                       escaped(bad.reason)));
    if (failure)
      return complain_of(file.session, *failure);
    if (code != exit_ok)
      return code;
    if (output_ && !global_.json)
      tell(fmt::format(
          "version {}, {}{}\n", sum_.version.value, human_bytes(static_cast<double>(parts_->total())),
          o_.range.empty() ? "" : fmt::format(" of {}", human_bytes(static_cast<double>(sum_.file_bytes)))));
    return told;
  }

private:
  /// Why not all of it could be read or given; or nothing, and `code` says how giving it away went.
  std::optional<error> read(conversation& talk, read_extent* extent, int& code) {
    talk.begin(next());
    for (;;) {
      auto reply = talk.wait();
      const bool first = !parts_->begun();
      add(reply, first);
      if (!reply.ok) {
        if (auto again = begins_again(reply.failure); !again)
          return again.error();
        if (extent != nullptr)
          extent->before = extent->total = 0;
        talk.begin(next());
        continue;
      }
      parts_->took(reply);
      if (first)
        if (auto no = look_at_first(reply))
          return no;
      if (!parts_->done() && talk.interrupted())
        return with_what_is_out({errc::cancelled, "the read was stopped"});
      if (extent != nullptr) {
        extent->total = parts_->total();
        extent->before = parts_->taken();
      }
      const bool last = parts_->done();
      if (!last) // it comes while this one is given away
        talk.begin(next());
      if (auto given = give_away(reply.content, code); !given || code != exit_ok)
        return given ? std::nullopt : std::optional(given.error());
      if (last)
        return finish();
    }
  }

  retrieve_request next() const {
    auto out = parts_->next();
    if (out.timeout_ms > 0) {
      const auto passed =
          std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - start_).count();
      out.timeout_ms -= std::min<std::uint64_t>(out.timeout_ms - 1, static_cast<std::uint64_t>(passed));
    }
    return out;
  }

  /// Of the first part.
  std::optional<error> look_at_first(const retrieve_reply& reply) const {
    if (!reply.newer_unreadable.empty())
      tell("truckee: warning: a newer version is signed and cannot be read (" +
           escaped(reply.newer_unreadable) +
           "); this is an older one, of which servers may have been set back: `truckee check` shows where\n");
    const auto range = parse_range(o_.range);
    if (range && range->first > 0 && range->first >= reply.file_bytes)
      return error{errc::usage, fmt::format("--range {}: the file has {} bytes", o_.range, reply.file_bytes)};
    return std::nullopt;
  }

  /// Whether everything is read once more after that failure; else what is to be said.
  result<void> begins_again(const error& why) {
    const bool changed = why.code == errc::uncoordinated_write && parts_->begun();
    const auto taken_back = !changed              ? result<bool>(false)
                            : output_.has_value() ? output_->begin_again()
                                                  : result<bool>(out_ == 0);
    if (!taken_back)
      return tl::unexpected(taken_back.error());
    if (!*taken_back)
      return tl::unexpected(with_what_is_out(
          changed ? error{why.code, "the file changed while it was read: " + why.detail} : why));
    if (++beginnings_ == beginnings_max)
      return fail(why.code,
                  fmt::format("the file changed while it was read, {} times: {}", beginnings_, why.detail));
    parts_->begin_again();
    out_ = 0;
    return {};
  }

  error with_what_is_out(error why) const {
    if (out_ > 0)
      why.detail += fmt::format("; {} bytes of version {} are out", out_, sum_.version.value);
    return why;
  }

  result<void> give_away(const shared_bytes& content, int& code) {
    if (output_) {
      if (auto written = output_->write(content.view()); !written)
        return written;
    } else {
      code = give(as_text(content.view()));
    }
    out_ += content.size();
    return {};
  }

  std::optional<error> finish() {
    if (!output_)
      return std::nullopt;
    const auto done = output_->finish();
    return done ? std::nullopt : std::optional(done.error());
  }

  /// What is told of all parts together.
  void add(const retrieve_reply& x, bool first) {
    auto bad = std::exchange(sum_.bad, {});
    auto servers = std::exchange(sum_.servers, {});
    auto stages = std::exchange(sum_.stages, {});
    if (first) {
      sum_ = x;
      sum_.content = {};
    } else {
      sum_.ok = x.ok;
      sum_.failure = x.failure;
      sum_.busy = x.busy;
    }
    for (const auto& each : x.bad)
      if (std::ranges::none_of(
              bad, [&](const auto& y) { return y.server == each.server && y.share == each.share; }))
        bad.push_back(each);
    for (const auto& each : x.servers)
      if (std::ranges::none_of(servers, [&](const auto& y) { return y.server == each.server; }))
        servers.push_back(each);
    for (const auto& each : x.stages) {
      const auto same = std::ranges::find(stages, each.which, &stage_seconds::which);
      if (same == stages.end())
        stages.push_back(each);
      else
        same->seconds += each.seconds;
    }
    sum_.bad = std::move(bad);
    sum_.servers = std::move(servers);
    sum_.stages = std::move(stages);
  }

  nlohmann::json in_json() const {
    auto out = as_json(sum_);
    out["content_bytes"] = out_;
    return out;
  }

  using clock = std::chrono::steady_clock;

  const get_options& o_;
  const global_options& global_;
  std::optional<content_output> output_; ///< nothing: standard output
  std::optional<control::windowed_read> parts_;
  retrieve_reply sum_ = {};
  std::uint64_t out_ = 0; ///< bytes that were given away
  int beginnings_ = 1;
  clock::time_point start_ = clock::now();
};

int get(const get_options& o, const global_options& global) {
  if (global.json && o.output == "-")
    return complain(
        {errc::usage, "--json and the content cannot both go to standard output; name a file with -o"});
  const auto range = parse_range(o.range);
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
  return reading(o, global, std::move(output)).run(*file, std::move(request));
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

#include "truckee/cli/session/inputs.hpp"
#include "truckee/cli/session/lender.hpp"
#include "truckee/cli/session/session.hpp"
#include "truckee/cli/terminal/as_json.hpp"
#include "truckee/cli/terminal/report.hpp"
#include "truckee/crypto/capability.hpp"
#include "truckee/status/json_text.hpp"

#include <cerrno>
#include <csignal>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace truckee::cli {

using namespace messages;

namespace {

struct put_options : operation_options {
  std::string operation;
  std::string file = "-";
  std::optional<int> needed, total, happy;
  std::string format;
  std::string if_version;
  std::optional<std::uint64_t> offset;
  bool truncate = false;
};

/// "7" or "7:3f2a91c0".
result<version_name> parse_version(const std::string& text) {
  version_name out;
  const auto colon = text.find(':');
  const auto number = text.substr(0, colon);
  if (number.empty() || number.size() > 19 || number.find_first_not_of("0123456789") != std::string::npos)
    return fail(errc::usage,
                "--if-version " + text +
                    ": a version is a number, or a number, a colon and the first digits of its root");
  out.version.value = std::stoull(number);
  if (colon != std::string::npos)
    out.root = text.substr(colon + 1);
  if (out.root.find_first_not_of("0123456789abcdef") != std::string::npos)
    return fail(errc::usage, "--if-version " + text + ": a root is written in the digits 0-9 and a-f");
  return out;
}

/// The spread asked for; what is not given stays as the grid (or the file) has it.
result<std::optional<grid::spread>> spread_of(const put_options& o, const global_options& global) {
  if (!o.needed && !o.total && !o.happy)
    return std::nullopt;
  // A gateway's own grid file has its defaults; what is not given then starts from Tahoe-LAFS's.
  grid::spread defaults;
  if (global.gateway.empty()) {
    const auto grid = load_grid(global);
    if (!grid)
      return tl::unexpected(grid.error());
    defaults = grid->encoding;
  }
  if (!o.cap_file.empty() && (o.needed.has_value() != o.total.has_value() || (o.happy && !o.needed)))
    return fail(
        errc::usage,
        "an existing file keeps its own -k and -n; give both (and --happy, if wanted) to change them");
  const int k = o.needed.value_or(defaults.needed);
  const int n = o.total.value_or(std::max<int>(defaults.total, k));
  const int happy = o.happy.value_or(std::min<int>(defaults.happy, n));
  if (k < 1 || k > n || n > 255)
    return fail(errc::usage, fmt::format("-k {} -n {}: must be 1 <= k <= n <= 255", k, n));
  if (happy < 1 || happy > n)
    return fail(errc::usage, fmt::format("--happy {}: must be between 1 and n, which is {}", happy, n));
  return grid::spread{static_cast<std::uint8_t>(k), static_cast<std::uint8_t>(n),
                      static_cast<std::uint8_t>(happy)};
}

/// --format for a file that has another one.
std::optional<error> other_format(const put_options& o, std::string_view cap) {
  const auto parsed = crypto::parse_capability(cap);
  if (o.format.empty() || !parsed)
    return std::nullopt;
  const auto has = to_word(crypto::format_of(parsed->file));
  if (o.format == has)
    return std::nullopt;
  return error{errc::usage,
               fmt::format("--format {}: the file is {}, and a file keeps its format; leave --format out, or "
                           "make a new file",
                           o.format, has)};
}

/// A new file whose publish failed after shares were sent exists: without its capability it would be lost.
bool shows_cap(const publish_reply& x) {
  return !x.write_cap.empty() && (x.ok || !x.placed.empty() || !x.unknown_servers.empty());
}

/// The reply as JSON, with the capability of a new file. That one is given whatever happens to the rest.
std::string json_of(const publish_reply& x, bool with_cap) {
  try {
    auto out = with_format(as_json(x), x.write_cap);
    if (with_cap)
      out["write_cap"] = std::string_view(x.write_cap);
    return status::json_text(out);
  } catch (const std::exception&) {
    return with_cap ? "{\"write_cap\": \"" + x.write_cap + "\"}\n" : "{}\n";
  }
}

/// Writes the result of a publish, and says what it means where that cannot be done.
int give_published(const publish_reply& x, bool with_cap, bool json) {
  if (!json && !with_cap)
    return exit_ok;
  const int number = write_output(json ? json_of(x, with_cap) : x.write_cap + "\n");
  if (number == 0)
    return exit_ok;
  if (!with_cap)
    return number == EPIPE ? ended_by(SIGPIPE) : complain({errc::io, output_problem(number)});
  return complain(
      {errc::io, output_problem(number) +
                     "; the new file was published, and nobody has its capability: nobody can read it, "
                     "write it or remove it. Put it again"});
}

/// Of an MDMF file that is written whole, whatever its size; of others what one message may have.
result<lendable_content> content_of(const put_options& o, const publish_request& request) {
  const auto named = crypto::parse_capability(std::string_view(request.write_cap));
  const auto format = named ? crypto::format_of(named->file) : request.format;
  if (format == file_format::mdmf && !o.offset)
    return open_publication(o.file);
  return read_publication(o.file).map([](shared_bytes&& all) { return lendable_content(std::move(all)); });
}

int put(const put_options& o, const global_options& global) {
  publish_request request;
  if (o.format == to_word(file_format::mdmf))
    request.format = file_format::mdmf;
  if (auto kept = keep_inputs(o, global, o.file); !kept)
    return complain(kept.error());
  if (o.cap_file.empty())
    if (auto possible = can_give(); !possible)
      return complain(possible.error());
  if (!o.private_key_file.empty()) {
    if (o.private_key_file == "-" && o.file == "-")
      return complain(
          {errc::usage,
           "standard input cannot be both the content and the private key; name a file for one of them"});
    auto key = read_private_key(o.private_key_file);
    if (!key)
      return complain(key.error());
    request.private_key = std::move(*key);
  }
  if (!o.cap_file.empty()) {
    if (o.cap_file == "-" && o.file == "-")
      return complain(
          {errc::usage,
           "standard input cannot be both the content and the capability; name a file for one of them"});
    auto read = read_cap(o.cap_file);
    if (!read)
      return complain(read.error());
    request.write_cap = read->view();
    if (auto other = other_format(o, read->view()))
      return complain(*other);
  }
  auto content = content_of(o, request);
  if (!content)
    return complain(content.error());
  if (auto* brought = std::get_if<shared_bytes>(&*content))
    request.content = std::move(*brought);
  request.timeout_ms = o.timeout_ms();
  const auto named = read_operation_id(o.operation);
  if (!named)
    return complain(named.error());
  request.operation = *named;
  if (!o.if_version.empty()) {
    if (o.cap_file.empty())
      return complain({errc::usage, "--if-version speaks of an existing file; give its --cap-file"});
    const auto version = parse_version(o.if_version);
    if (!version)
      return complain(version.error());
    request.only_if = *version;
  }
  if (o.offset && o.cap_file.empty())
    return complain({errc::usage, "--offset is a place in an existing file; give its --cap-file"});
  request.offset = o.offset;
  request.cut = o.truncate;
  auto spread = spread_of(o, global);
  if (!spread)
    return complain(spread.error());
  request.spread = *spread;
  auto session = open_session(global, o.metrics);
  if (!session)
    return complain(session.error());

  std::optional<lender> lends;
  if (const auto* file = std::get_if<std::shared_ptr<const lendable_file>>(&*content)) {
    lends.emplace(session->system(), *file);
    request.lent = lends->content();
  }

  const bool is_new = request.write_cap.empty();
  const auto start = std::chrono::steady_clock::now();
  int given = exit_ok;
  const auto reply = ask<publish_reply>(*session, std::move(request), "publish", [&](const publish_reply& x) {
    // First of all, and while no signal ends the program: the file is lost without it.
    given = give_published(x, is_new && shows_cap(x), global.json);
  });
  const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (!global.json && (reply.ok || !reply.servers.empty()))
    summarize(reply, took);
  return reply.ok ? given : complain_of(reply, !global.gateway.empty());
}

} // namespace

void add_put(CLI::App& app, program& p) {
  auto o = std::make_shared<put_options>();
  auto* cmd = app.add_subcommand(
      "put",
      "truckee put report.pdf > report.cap              makes a new file\n"
      "truckee put report.pdf --cap-file report.cap     writes its next version\n"
      "truckee put page.bin --cap-file report.cap --offset 4096\n"
      "truckee put /dev/null --cap-file report.cap --offset 4096 --truncate    cuts it to 4096 bytes\n"
      "truckee put report.pdf --private-key-file key.pem > report.cap\n\n"
      "Publishes a new file, or a new version of one. Without --cap-file the file is new, and its write\n"
      "capability is printed: whoever has it may read and write the file, so keep it secret and safe.\n"
      "--private-key-file gives a new file a key of yours. Where a server shows anything of a file with\n"
      "that key, nothing is written and the exit code is 3. --offset writes into what is there, as append\n"
      "adds to it: what lies between the end and the offset becomes zeros.");
  cmd->add_option("FILE", o->file, "What to publish; '-' or nothing: standard input");
  cmd->add_option("--cap-file", o->cap_file,
                  "File with the write capability ('-': standard input) of the file to write to")
      ->type_name("FILE");
  add_private_key_file(*cmd, *o,
                       "File with the RSA private key (PEM, 2048 bits; '-': standard input) of a new file");
  cmd->get_option("--private-key-file")->excludes(cmd->get_option("--cap-file"));
  cmd->add_option("-k", o->needed, "How many shares give the content back")->type_name("NUMBER");
  cmd->add_option("-n", o->total, "How many shares are made")->type_name("NUMBER");
  cmd->add_option("--happy", o->happy, "Success needs shares on so many distinct servers")
      ->type_name("NUMBER");
  cmd->add_option("--format", o->format, "Layout of a new file's shares; sdmf where nothing is said")
      ->check(CLI::IsMember({"sdmf", "mdmf"}));
  cmd->add_option("--if-version", o->if_version,
                  "Write only if this is the file's version now, else exit with 3")
      ->type_name("NUMBER[:ROOT]");
  auto* offset = cmd->add_option("--offset", o->offset,
                                 "Write FILE to this place of the file that is there, and keep the rest")
                     ->type_name("BYTES");
  cmd->add_flag("--truncate", o->truncate, "The file ends behind what is written at --offset")->needs(offset);
  add_operation_id(*cmd, o->operation);
  add_timeout(*cmd, *o);
  add_metrics(*cmd, o->metrics);
  cmd->callback([&p, o] { p.run = [&p, o] { return put(*o, p.options); }; });
}

} // namespace truckee::cli

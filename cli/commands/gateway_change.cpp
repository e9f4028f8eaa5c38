#include "truckee/cli/session/session.hpp"
#include "truckee/cli/terminal/as_json.hpp"
#include "truckee/control/gateway.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

namespace truckee::cli {

using namespace messages;

namespace {

struct change_options {
  bool read_file = false;
  std::vector<std::string> add, ids, pins, any_user, remove, drain, undrain, prefer, unprefer, limits;
  std::string spread, writes;
};

/// "NAME=REST".
result<std::pair<std::string, std::string>> halves(const std::string& option, const std::string& text,
                                                   const char* form) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    return fail(errc::usage, option + " " + text + ": expected " + form);
  return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

/// The server that --add names, for another option about it.
result<server_change*> added(change_request& in, const std::string& option, const std::string& text,
                             const std::string& name) {
  const auto at = std::ranges::find(in.servers, name, &server_change::server);
  if (at == in.servers.end())
    return fail(errc::usage, option + " " + text + ": no --add names that server");
  return &*at;
}

/// `option` gives such servers "NAME=REST", which becomes `member`.
result<void> tell_of_added(change_request& out, const std::string& option, const char* form,
                           const std::vector<std::string>& texts, std::string server_change::*member) {
  for (const auto& text : texts) {
    const auto each = halves(option, text, form);
    if (!each)
      return tl::unexpected(each.error());
    const auto server = added(out, option, text, each->first);
    if (!server)
      return tl::unexpected(server.error());
    (*server)->*member = each->second;
  }
  return {};
}

result<void> add_servers(const change_options& o, change_request& out) {
  for (const auto& text : o.add) {
    const auto each = halves("--add", text, "NAME=HOST:PORT");
    if (!each)
      return tl::unexpected(each.error());
    out.servers.push_back({server_step::add, each->first, each->second, {}});
  }
  for (const auto& name : o.any_user) {
    const auto server = added(out, "--any-user", name, name);
    if (!server)
      return tl::unexpected(server.error());
    (*server)->any_user = true;
  }
  if (auto done =
          tell_of_added(out, "--id", "NAME=ID of a server that --add names", o.ids, &server_change::id);
      !done)
    return done;
  return tell_of_added(out, "--certificate-pin", "NAME=PIN of a server that --add names", o.pins,
                       &server_change::certificate_pin);
}

result<std::optional<std::uint64_t>> limit_value(const std::string& option, const std::string& text) {
  if (text == "default")
    return std::nullopt;
  std::uint64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size())
    return fail(errc::usage, option + ": expected a number, or default");
  return value;
}

result<grid::spread> spread_of(const std::string& text) {
  unsigned needed = 0;
  unsigned total = 0;
  unsigned happy = 0;
  char rest = 0;
  if (std::sscanf(text.c_str(), "%3u/%3u/%3u%c", &needed, &total, &happy, &rest) != 3 || needed < 1 ||
      needed > total || total > 255 || happy < 1 || happy > total)
    return fail(errc::usage,
                "--spread " + text + ": expected NEEDED/TOTAL/HAPPY, 1 <= needed and happy <= total <= 255");
  return grid::spread{static_cast<std::uint8_t>(needed), static_cast<std::uint8_t>(total),
                      static_cast<std::uint8_t>(happy)};
}

result<change_request> request_of(const change_options& o) {
  change_request out;
  out.read_file = o.read_file;
  // First what goes, so that a server can move in one request.
  const auto steps = [&out](server_step step, const std::vector<std::string>& names) {
    for (const auto& name : names)
      out.servers.push_back({step, name, {}, {}});
  };
  steps(server_step::remove, o.remove);
  change_request fresh;
  if (auto done = add_servers(o, fresh); !done)
    return tl::unexpected(done.error());
  out.servers.insert(out.servers.end(), fresh.servers.begin(), fresh.servers.end());
  steps(server_step::drain, o.drain);
  steps(server_step::undrain, o.undrain);
  steps(server_step::prefer, o.prefer);
  steps(server_step::unprefer, o.unprefer);
  for (const auto& text : o.limits) {
    const auto each = halves("--limit", text, "KEY=NUMBER, as in [limits] of a grid file");
    if (!each)
      return tl::unexpected(each.error());
    const auto value = limit_value("--limit " + text, each->second);
    if (!value)
      return tl::unexpected(value.error());
    out.limits.push_back({each->first, *value});
  }
  if (!o.spread.empty()) {
    const auto spread = spread_of(o.spread);
    if (!spread)
      return tl::unexpected(spread.error());
    out.spread = *spread;
  }
  if (!o.writes.empty())
    out.read_only = o.writes == "off";
  if (!out.read_file && out.servers.empty() && out.limits.empty() && !out.spread && !out.read_only)
    return fail(errc::usage, "nothing is asked for; `truckee gateway change --help` shows what can be");
  return out;
}

result<int> change(const change_options& o, const global_options& global) {
  if (global.gateway.empty())
    return fail(errc::usage, "give the --gateway ADDRESS:PORT that is to change");
  auto request = request_of(o);
  if (!request)
    return tl::unexpected(request.error());
  auto session = open_session(global, {});
  if (!session)
    return tl::unexpected(session.error());
  const auto answer = control::ask(session->system(), session->gateway(), std::move(*request));
  if (global.json)
    std::cout << as_json(answer).dump(2) << std::endl;
  if (!answer.ok)
    return tl::unexpected(answer.failure);
  if (!global.json) {
    for (const auto& each : answer.changed)
      std::cout << "changed: " << each << "\n";
    if (answer.changed.empty())
      std::cout << "nothing is changed\n";
    for (const auto& each : answer.needs_restart)
      std::cout << "needs a restart: " << each << "\n";
    std::cout << std::flush;
  }
  return std::cout.good() ? exit_ok : complain({errc::io, "cannot write to standard output"});
}

} // namespace

void add_gateway_change(CLI::App& gateway, program& p) {
  auto o = std::make_shared<change_options>();
  auto* cmd = gateway.add_subcommand(
      "change",
      "truckee gateway change --gateway 127.0.0.1:4400 --add delta=192.0.2.9:4401 --drain alpha\n"
      "truckee gateway change --gateway 127.0.0.1:4400 --read-file\n\n"
      "Changes a running gateway: all that is asked for, or nothing. What runs ends as it began. It holds\n"
      "until the gateway reads its grid file again, or ends. Whoever may connect may do it.");
  const auto names = [cmd](const char* option, std::vector<std::string>& into, const char* what,
                           const char* type) {
    cmd->add_option(option, into, what)
        ->type_name(type)
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  };
  cmd->add_flag("--read-file", o->read_file,
                "Read the grid file again first: it has the last word but for the rest");
  names("--add", o->add, "A new Truckee storage server; may be given again, as all below", "NAME=HOST:PORT");
  names("--id", o->ids, "Its node id: another one is refused", "NAME=ID");
  names("--certificate-pin", o->pins,
        "The key its certificate must have, whatever its names are (`truckee --json certs` tells it)",
        "NAME=PIN");
  names("--any-user", o->any_user,
        "Without TLS it may be any user's of the gateway's machine, not only the gateway's own or root's",
        "NAME");
  names("--remove", o->remove, "A server that goes when nothing that runs needs it", "NAME");
  names("--drain", o->drain, "A server that gets no new shares", "NAME");
  names("--undrain", o->undrain, "A server that gets new shares again", "NAME");
  names("--prefer", o->prefer, "A server that comes first when shares are placed", "NAME");
  names("--unprefer", o->unprefer, "A server that does not any more", "NAME");
  names("--limit", o->limits, "A key of [limits]; NUMBER may be 'default'", "KEY=NUMBER");
  cmd->add_option("--spread", o->spread, "Of new files")->type_name("NEEDED/TOTAL/HAPPY");
  cmd->add_option("--writes", o->writes, "Whether publish, append and repair are taken")
      ->check(CLI::IsMember({"on", "off"}));
  cmd->callback([&p, o] { p.run = [&p, o] { return finish(change(*o, p.options)); }; });
}

} // namespace truckee::cli

#include "cli/as_json.hpp"
#include "cli/progress_bar.hpp"
#include "cli/report.hpp"
#include "cli/secret_files.hpp"
#include "cli/session.hpp"

#include <fmt/format.h>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

namespace truckee::cli {

using namespace messages;

namespace {

struct check_options {
  std::string cap_file;
  std::string metrics_listen;
  double timeout = 0;
  bool verify = false;
  bool add_lease = false;
};

} // namespace

void show(const check_reply& x) {
  auto& out = std::cout;
  out << x.summary << "\n";
  for (const auto& v : x.versions) {
    out << fmt::format("\nversion {} (root {}), {}, {} of {}: {} distinct shares, {}\n", v.version.value,
                       v.root, human_bytes(static_cast<double>(v.content_bytes)), v.spread.needed,
                       v.spread.total, v.distinct_shares, v.recoverable ? "recoverable" : "not recoverable");
    std::map<std::string, std::string> by_server;
    for (const auto& place : v.places) {
      auto& shares = by_server[place.server];
      shares += (shares.empty() ? "" : " ") + std::to_string(place.share.value);
    }
    for (const auto& [server, shares] : by_server)
      out << fmt::format("  {:<20} {} {}\n", server,
                         shares.find(' ') == std::string::npos ? "share " : "shares", shares);
  }
  for (const auto& bad : x.bad)
    out << fmt::format("\ndamaged: {} share {}: {}", bad.server, bad.share.value, bad.reason);
  for (const auto& server : x.servers)
    if (server.outcome != "answered")
      out << fmt::format("\n{}: {}{}{}", server.server, server.outcome, server.detail.empty() ? "" : ": ",
                         server.detail);
  if (!x.bad.empty() ||
      std::any_of(x.servers.begin(), x.servers.end(), [](auto& s) { return s.outcome != "answered"; }))
    out << "\n";
  out << std::flush;
}

namespace {

int check(const check_options& o, const global_options& global) {
  auto cap = read_cap_file(o.cap_file);
  if (!cap)
    return complain(cap.error());
  auto session = open_session(global, o.metrics_listen);
  if (!session)
    return complain(session.error());
  check_request request;
  request.cap = std::string(cap->view());
  request.timeout_ms = static_cast<std::uint64_t>(o.timeout * 1000);
  request.verify = o.verify;
  request.add_lease = o.add_lease;
  const auto reply = ask<check_reply>(*session, std::move(request), o.verify ? "verification" : "check");
  if (global.json)
    std::cout << as_json(reply).dump(2) << std::endl;
  if (!reply.ok)
    return complain(reply.failure);
  if (!global.json)
    show(reply);
  if (!reply.recoverable)
    return exit_not_enough;
  return reply.healthy ? exit_ok : exit_failure;
}

} // namespace

namespace {

void add(CLI::App& app, program& p, const std::string& name, bool verify, const std::string& description) {
  auto o = std::make_shared<check_options>();
  o->verify = verify;
  auto* cmd = app.add_subcommand(name, description);
  cmd->add_option("--cap-file", o->cap_file, "File with any capability of the file; '-': standard input")
      ->required()
      ->type_name("FILE");
  cmd->add_flag("--add-lease", o->add_lease, "Renew or add this client's lease on every share");
  cmd->add_option("--timeout", o->timeout, "Give up after so many seconds")
      ->check(CLI::PositiveNumber)
      ->type_name("SECONDS");
  cmd->add_option("--metrics-listen", o->metrics_listen, "Serve Prometheus metrics while it runs")
      ->type_name("ADDRESS:PORT");
  cmd->callback([&p, o] { p.run = [&p, o] { return check(*o, p.options); }; });
}

} // namespace

void add_check(CLI::App& app, program& p) {
  add(app, p, "check", false,
      "truckee check --cap-file report.cap\n\n"
      "Says which shares of which version are on which server. Exit code 0: healthy; 1: recoverable,\n"
      "but something is missing, old or damaged; 4: no version can be read.");
  add(app, p, "verify", true,
      "truckee verify --cap-file report.cap\n\n"
      "Like check, and reads every byte of every share. With a write capability the private key in\n"
      "each share is proved too. Same exit codes.");
}

} // namespace truckee::cli

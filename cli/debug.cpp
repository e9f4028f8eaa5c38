#include "cli/as_json.hpp"
#include "cli/secret_files.hpp"
#include "cli/session.hpp"

#include <ctime>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <iostream>
#include <nlohmann/json.hpp>

namespace truckee::cli {

using namespace messages;

namespace {

int leases(const std::string& cap_file, const global_options& global) {
  auto cap = read_cap_file(cap_file);
  if (!cap)
    return complain(cap.error());
  auto session = open_session(global, {});
  if (!session)
    return complain(session.error());
  list_leases_request request;
  request.cap = std::string(cap->view());
  const auto reply = ask<list_leases_reply>(*session, std::move(request), "listing");
  if (global.json) {
    std::cout << as_json(reply).dump(2) << std::endl;
  } else if (reply.ok) {
    for (const auto& x : reply.leases)
      std::cout << fmt::format("{:<20} share {:>3}  until {:%Y-%m-%d %H:%M:%S} UTC{}\n", x.server,
                               x.share.value, fmt::gmtime(static_cast<std::time_t>(x.expires)),
                               x.ours ? "  (ours)" : "");
    for (const auto& x : reply.servers)
      std::cerr << fmt::format("{}: {}: {}\n", x.server, x.outcome, x.detail);
  }
  return reply.ok ? exit_ok : complain(reply.failure);
}

} // namespace

void add_debug(CLI::App& app, program& p) {
  auto* cmd = app.add_subcommand("debug", "truckee debug leases --cap-file report.cap\n\n"
                                          "Looks at what is stored, for people who look after servers");
  cmd->require_subcommand(1);
  auto cap_file = std::make_shared<std::string>();
  auto* list =
      cmd->add_subcommand("leases", "truckee debug leases --cap-file report.cap\n\n"
                                    "Lists the leases on each share of a file, and until when they run.");
  list->add_option("--cap-file", *cap_file, "File with any capability of the file; '-': standard input")
      ->required()
      ->type_name("FILE");
  list->callback([&p, cap_file] { p.run = [&p, cap_file] { return leases(*cap_file, p.options); }; });
}

} // namespace truckee::cli

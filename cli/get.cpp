#include "cli/as_json.hpp"
#include "cli/file_input.hpp"
#include "cli/progress_bar.hpp"
#include "cli/secret_files.hpp"
#include "cli/session.hpp"

#include <fmt/format.h>
#include <iostream>
#include <nlohmann/json.hpp>

namespace truckee::cli {

using namespace messages;

namespace {

struct get_options {
  std::string cap_file;
  std::string output = "-";
  std::string metrics_listen;
  double timeout = 0;
};

int get(const get_options& o, const global_options& global) {
  if (global.json && o.output == "-")
    return complain(
        {errc::usage, "--json and the content cannot both go to standard output; name a file with -o"});
  auto cap = read_cap_file(o.cap_file);
  if (!cap)
    return complain(cap.error());
  auto session = open_session(global, o.metrics_listen);
  if (!session)
    return complain(session.error());
  retrieve_request request;
  request.cap = std::string(cap->view());
  request.timeout_ms = static_cast<std::uint64_t>(o.timeout * 1000);
  const auto reply = ask<retrieve_reply>(*session, std::move(request), "read");
  if (global.json)
    std::cout << as_json(reply).dump(2) << std::endl;
  for (const auto& bad : reply.bad)
    std::cerr << fmt::format("{} share {}: does not verify: {}\n", bad.server, bad.share.value, bad.reason);
  if (!reply.ok)
    return complain(reply.failure);
  if (auto written = write_content(o.output, reply.content.view()); !written)
    return complain(written.error());
  if (o.output != "-" && !global.json)
    std::cerr << fmt::format("version {}, {}\n", reply.version.value,
                             human_bytes(static_cast<double>(reply.content.size())));
  return exit_ok;
}

} // namespace

void add_get(CLI::App& app, program& p) {
  auto o = std::make_shared<get_options>();
  auto* cmd = app.add_subcommand(
      "get", "truckee get --cap-file report.cap -o copy.pdf\n\n"
             "Reads the best recoverable version of a file. Every share is verified; damaged ones are\n"
             "named and replaced by others.");
  cmd->add_option("--cap-file", o->cap_file, "File with a read or write capability; '-': standard input")
      ->required()
      ->type_name("FILE");
  cmd->add_option("-o,--output", o->output, "Where to write it; '-' or nothing: standard output")
      ->type_name("FILE");
  cmd->add_option("--timeout", o->timeout, "Give up after so many seconds")
      ->check(CLI::PositiveNumber)
      ->type_name("SECONDS");
  cmd->add_option("--metrics-listen", o->metrics_listen, "Serve Prometheus metrics while it runs")
      ->type_name("ADDRESS:PORT");
  cmd->callback([&p, o] { p.run = [&p, o] { return get(*o, p.options); }; });
}

} // namespace truckee::cli

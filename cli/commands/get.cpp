#include "truckee/cli/files/file_input.hpp"
#include "truckee/cli/session/session.hpp"
#include "truckee/cli/terminal/as_json.hpp"
#include "truckee/cli/terminal/progress_bar.hpp"

#include <fmt/format.h>
#include <iostream>
#include <nlohmann/json.hpp>

namespace truckee::cli {

using namespace messages;

namespace {

struct get_options : operation_options {
  std::string output = "-";
};

int get(const get_options& o, const global_options& global) {
  if (global.json && o.output == "-")
    return complain(
        {errc::usage, "--json and the content cannot both go to standard output; name a file with -o"});
  auto file = open_file(o, global);
  if (!file)
    return complain(file.error());
  retrieve_request request;
  request.cap = std::string(file->cap.view());
  request.timeout_ms = o.timeout_ms();
  const auto reply = ask<retrieve_reply>(file->session, std::move(request), "read");
  if (global.json)
    std::cout << as_json(reply).dump(2) << std::endl;
  for (const auto& bad : reply.bad)
    tell(fmt::format("{} share {}: does not verify: {}\n", bad.server, bad.share.value, bad.reason));
  if (!reply.ok)
    return complain(reply.failure);
  if (auto written = write_content(o.output, reply.content.view()); !written)
    return complain(written.error());
  if (o.output != "-" && !global.json)
    tell(fmt::format("version {}, {}\n", reply.version.value,
                     human_bytes(static_cast<double>(reply.content.size()))));
  return exit_ok;
}

} // namespace

void add_get(CLI::App& app, program& p) {
  auto o = std::make_shared<get_options>();
  auto* cmd = app.add_subcommand(
      "get", "truckee get --cap-file report.cap -o copy.pdf\n\n"
             "Reads the best recoverable version of a file. Every share is verified; damaged ones are\n"
             "named and replaced by others.");
  add_cap_file(*cmd, *o, "File with a read or write capability; '-': standard input");
  cmd->add_option("-o,--output", o->output, "Where to write it; '-' or nothing: standard output")
      ->type_name("FILE");
  add_timeout(*cmd, *o);
  add_metrics(*cmd, o->metrics);
  cmd->callback([&p, o] { p.run = [&p, o] { return get(*o, p.options); }; });
}

} // namespace truckee::cli

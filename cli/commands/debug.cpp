#include "truckee/base/text.hpp"
#include "truckee/cli/session/session.hpp"
#include "truckee/cli/terminal/as_json.hpp"
#include "truckee/status/json_text.hpp"

#include <ctime>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace truckee::cli {

using namespace messages;

namespace {

int leases(const operation_options& o, const global_options& global) {
  auto file = open_file(o, global, purpose::read);
  if (!file)
    return complain(file.error());
  list_leases_request request;
  request.cap = file->cap.view();
  const auto reply = ask<list_leases_reply>(file->session, std::move(request), "listing");
  int given = exit_ok;
  if (global.json) {
    given = give(status::json_text(as_json(reply)));
  } else if (reply.ok) {
    std::string text;
    for (const auto& x : reply.leases)
      text += fmt::format("{:<20} share {:>3}  until {:%Y-%m-%d %H:%M:%S} UTC{}\n", x.server, x.share.value,
                          fmt::gmtime(static_cast<std::time_t>(x.expires)), x.ours ? "  (ours)" : "");
    for (const auto& x : reply.servers)
      tell(fmt::format("{}: {}: {}\n", x.server, spoken(to_word(x.outcome)), escaped(x.detail)));
    given = give(text);
  }
  return reply.ok ? given : complain_of(file->session, reply.failure);
}

} // namespace

void add_debug(CLI::App& app, program& p) {
  auto* cmd = app.add_subcommand("debug", "truckee debug leases --cap-file report.cap\n\n"
                                          "Looks at what is stored, for people who look after servers");
  cmd->require_subcommand(1);
  auto o = std::make_shared<operation_options>();
  auto* list =
      cmd->add_subcommand("leases", "truckee debug leases --cap-file report.cap\n\n"
                                    "Lists the leases on each share of a file, and until when they run.");
  add_cap_file(*list, *o, "File with any capability of the file; '-': standard input");
  list->callback([&p, o] { p.run = [&p, o] { return leases(*o, p.options); }; });
}

} // namespace truckee::cli

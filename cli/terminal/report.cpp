#include "truckee/cli/terminal/report.hpp"

#include "truckee/cli/terminal/complaint.hpp"
#include "truckee/cli/terminal/progress_bar.hpp"
#include "truckee/cli/terminal/standard_error.hpp"
#include "truckee/crypto/base32.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iostream>
#include <map>

namespace truckee::cli {

using namespace messages;

void summarize(const publish_reply& x, double took) {
  std::string out;
  out += fmt::format("version {} of {}, {} of {} shares placed, happiness {} (asked: {}), {:.2f} s\n",
                     x.version.value, human_bytes(static_cast<double>(x.content_bytes)), x.placed.size(),
                     x.spread.total, x.happiness, x.spread.happy, took);
  std::string stages;
  for (const auto& stage : x.stages)
    stages +=
        fmt::format("{}{} {:.1f}", stages.empty() ? "" : ", ", to_word(stage.which), stage.seconds * 1e3);
  out += "stages (ms): " + stages + "\n";
  for (const auto& server : x.servers)
    if (server.outcome != server_outcome::written)
      out += fmt::format("{}: {}{}{}\n", server.server, spoken(to_word(server.outcome)),
                         server.detail.empty() ? "" : ": ", server.detail);
  for (const auto& server : x.unknown_servers)
    out += server + ": silent since the write was sent; it may hold the new version or the old one\n";
  for (const auto& stale : x.stale)
    out += fmt::format(
        "{}: an older share {} was left behind; `truckee repair` replaces it once the server takes writes\n",
        stale.server, stale.share.value);
  for (const auto& c : x.conflicts)
    out += fmt::format("{} share {}: expected {}, found {}\n", c.server, c.share.value, c.expected, c.found);
  tell(out);
}

int complain_of(const publish_reply& x, bool gateway_stays) {
  if (!x.recoverable_now.empty())
    tell("recoverable now: " + x.recoverable_now + "\n");
  if (x.became == effect::may_be_applied)
    tell("It may be in the file all the same, or come to be. Look with `truckee get` before you ask again" +
         (!gateway_stays || x.operation == operation_id{}
              ? std::string()
              : "; with --operation-id " + crypto::to_base32(x.operation.view()) +
                    " the same gateway does not write it twice") +
         ".\n");
  else if (x.became == effect::not_applied && !x.servers.empty())
    tell("Nothing of it is in the file.\n");
  return complain(x.failure);
}

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
    if (server.outcome != server_outcome::answered)
      out << fmt::format("\n{}: {}{}{}", server.server, spoken(to_word(server.outcome)),
                         server.detail.empty() ? "" : ": ", server.detail);
  if (!x.bad.empty() || std::any_of(x.servers.begin(), x.servers.end(),
                                    [](auto& s) { return s.outcome != server_outcome::answered; }))
    out << "\n";
  out << std::flush;
}

} // namespace truckee::cli

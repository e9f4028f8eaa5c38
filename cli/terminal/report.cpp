#include "truckee/cli/terminal/report.hpp"

#include "truckee/base/address.hpp"
#include "truckee/base/text.hpp"
#include "truckee/cli/terminal/complaint.hpp"
#include "truckee/cli/terminal/progress_bar.hpp"
#include "truckee/cli/terminal/standard_error.hpp"
#include "truckee/crypto/base32.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>
#include <vector>

namespace truckee::cli {

using namespace messages;

namespace {

/// "127.0.0.1:4401: connection refused" and the like of other servers are one reason.
std::string reason_of(const server_report& x) {
  const auto colon = x.detail.find(": ");
  const bool address = colon != std::string::npos && parse_address(x.detail.substr(0, colon)).has_value();
  return address ? x.detail.substr(colon + 2) : x.detail;
}

/// Lines with how many servers or shares each speaks of.
using counted_lines = std::vector<std::pair<std::size_t, std::string>>;

/// The most frequent last: that is where one looks.
std::string in_order(counted_lines lines) {
  std::stable_sort(lines.begin(), lines.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string out;
  for (const auto& [count, line] : lines)
    out += escaped(line) + "\n";
  return out;
}

/// A line a reason.
std::string grouped(const std::vector<server_report>& servers, server_outcome fine) {
  std::map<std::pair<server_outcome, std::string>, std::vector<std::string>> groups;
  for (const auto& x : servers)
    if (x.outcome != fine)
      groups[{x.outcome, reason_of(x)}].push_back(x.server);
  counted_lines lines;
  for (const auto& [what, names] : groups) {
    // One server's line is as it says it, its address included.
    const auto is_it = [&reason = what, &first = names.front()](const auto& x) {
      return x.server == first && x.outcome == reason.first && reason_of(x) == reason.second;
    };
    const auto* one = names.size() > 1 ? nullptr : &*std::ranges::find_if(servers, is_it);
    const auto& detail = one != nullptr ? one->detail : what.second;
    const auto who =
        names.size() > 1 ? fmt::format("{} servers ({})", names.size(), some_of(names)) : names.front();
    lines.emplace_back(names.size(), fmt::format("{}: {}{}{}", who, spoken(to_word(what.first)),
                                                 detail.empty() ? "" : ": ", detail));
  }
  return in_order(std::move(lines));
}

/// "7 of 10 shares placed"; where a share lies on two servers, that is told apart.
std::string placed(const publish_reply& x) {
  std::set<share_number> distinct;
  for (const auto& place : x.placed)
    distinct.insert(place.share);
  const auto more = x.placed.size() - distinct.size();
  auto out = fmt::format("{} of {} shares placed", distinct.size(), x.spread.total);
  return more == 0 ? out : out + fmt::format(" ({} of them twice or more)", more);
}

std::string list_of(const std::vector<std::string>& names) {
  return names.size() > 1 ? fmt::format("{} servers ({})", names.size(), some_of(names)) : names.front();
}

/// What is to be said of shares: each sentence with all that it is true of.
using said_of_shares = std::map<std::string, std::vector<share_place>>;

/// A line a sentence: "a share 3: SENTENCE", "7 shares on 2 servers (a, b): SENTENCE", each behind `before`.
std::string grouped(const said_of_shares& all, std::string_view before = "") {
  counted_lines lines;
  for (const auto& [sentence, places] : all) {
    std::vector<std::string> names;
    for (const auto& place : places)
      if (std::find(names.begin(), names.end(), place.server) == names.end())
        names.push_back(place.server);
    const auto which = places.size() == 1
                           ? fmt::format("{} share {}", names.front(), places.front().share.value)
                           : fmt::format("{} shares on {}", places.size(), list_of(names));
    lines.emplace_back(places.size(), fmt::format("{}{}: {}", before, which, sentence));
  }
  return in_order(std::move(lines));
}

/// "published: on 9 of 10 servers, 8 needed; not on delta": what the strict order promises of it.
std::string strict_line(const strict_write_report& x) {
  auto out = fmt::format("{}: on {} of {} servers, {} needed", spoken(to_word(x.outcome)), x.confirming,
                         x.places, x.needed);
  if (x.outcome == strict_outcome::published && !x.missed.empty())
    out += "; not on " + list_of(x.missed);
  if (x.rounds > 1)
    out += fmt::format("; {} rounds", x.rounds);
  if (x.leftovers > 0)
    out += "; an unfinished update of somebody else was there";
  if (!x.in_place_writer.empty())
    out += "; somebody writes in place (" + escaped(x.in_place_writer) +
           "), which can undo what was acknowledged: give that writer the same grid file";
  return out + "\n";
}

} // namespace

std::string summary_of(const publish_reply& x, double took) {
  auto out = fmt::format("version {} of {}, {}, happiness {} (asked: {}), {:.2f} s\n", x.version.value,
                         human_bytes(static_cast<double>(x.content_bytes)), placed(x), x.happiness,
                         x.spread.happy, took);
  std::string stages;
  for (const auto& stage : x.stages)
    stages +=
        fmt::format("{}{} {:.1f}", stages.empty() ? "" : ", ", to_word(stage.which), stage.seconds * 1e3);
  out += "stages (ms): " + stages + "\n";
  if (x.strict)
    out += strict_line(*x.strict);
  out += grouped(x.servers, server_outcome::written);
  if (!x.unknown_servers.empty())
    out += list_of(x.unknown_servers) +
           ": silent since the write was sent; it may hold the new version or the old one\n";
  std::map<share_number, std::vector<std::string>> stale;
  std::vector<std::string> stale_servers;
  for (const auto& place : x.stale) {
    stale[place.share].push_back(place.server);
    if (std::find(stale_servers.begin(), stale_servers.end(), place.server) == stale_servers.end())
      stale_servers.push_back(place.server);
  }
  if (!stale.empty())
    out += fmt::format(
        "{}: an older share {} was left behind; `truckee repair` replaces it once the server takes "
        "writes\n",
        list_of(stale_servers),
        stale.size() > 1 ? fmt::format("of {} numbers", stale.size())
                         : std::to_string(stale.begin()->first.value));
  said_of_shares conflicts;
  for (const auto& c : x.conflicts)
    conflicts[fmt::format("expected {}, found {}", c.expected, c.found)].push_back({c.server, c.share});
  return out + grouped(conflicts);
}

void summarize(const publish_reply& x, double took) {
  tell(summary_of(x, took));
}

int complain_of(const publish_reply& x, bool gateway_stays) {
  if (!x.recoverable_now.empty())
    tell("recoverable now: " + escaped(x.recoverable_now) + "\n");
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

std::string text_of(const check_reply& x) {
  auto out = escaped(x.summary) + "\n";
  for (const auto& v : x.versions) {
    out += fmt::format("\nversion {} (root {}), {}, {} of {}: {} distinct shares, {}\n", v.version.value,
                       escaped(v.root), human_bytes(static_cast<double>(v.content_bytes)), v.spread.needed,
                       v.spread.total, v.distinct_shares, v.recoverable ? "recoverable" : "not recoverable");
    std::map<std::string, std::string> by_server;
    for (const auto& place : v.places) {
      auto& shares = by_server[place.server];
      shares += (shares.empty() ? "" : " ") + std::to_string(place.share.value);
    }
    for (const auto& [server, shares] : by_server)
      out += fmt::format("  {:<20} {} {}\n", escaped(server),
                         shares.find(' ') == std::string::npos ? "share " : "shares", shares);
  }
  if (!x.bad.empty())
    out += "\n";
  said_of_shares damaged;
  for (const auto& bad : x.bad)
    damaged[bad.reason].push_back({bad.server, bad.share});
  out += grouped(damaged, "damaged: ");
  if (const auto others = grouped(x.servers, server_outcome::answered); !others.empty())
    out += "\n" + others;
  return out;
}

} // namespace truckee::cli

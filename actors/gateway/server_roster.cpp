#include "truckee/actors/gateway/server_roster.hpp"

#include <algorithm>
#include <set>

namespace truckee::actors {

server_roster make_roster(const std::vector<gateway_server>& configured,
                          const gathered<messages::introduction>& introductions) {
  server_roster out;
  std::vector<server_entry> entries;
  std::vector<absent_server> absent;
  std::set<server_id> ids;
  for (std::size_t i = 0; i < introductions.size(); ++i) {
    const auto& server = configured[i];
    const auto& x = introductions[i];
    const auto is_anothers = [&](const gateway_server& other) {
      return &other != &server && other.pinned == x->info.id;
    };
    if (!x || !x->known || std::ranges::any_of(configured, is_anothers) || !ids.insert(x->info.id).second) {
      const auto why = !x ? "no answer" : x->known ? "it has the id of another server" : x->detail;
      absent.push_back({server.name, server.pinned, server.permutation_seed, server.preferred});
      out.left_out.push_back(
          {server.name, x && x->known ? server_outcome::refused : server_outcome::unreachable, why, 0});
      continue;
    }
    entries.push_back({server.name, x->info.id, server.permutation_seed.value_or(x->info.permutation_seed),
                       server.preferred, server.link, server.drain, server.permutation_seed});
  }
  out.servers = std::make_shared<const server_list>(std::move(entries), std::move(absent));
  return out;
}

std::string in_words(const std::vector<messages::server_report>& left_out) {
  std::string out;
  for (const auto& server : left_out)
    out += (out.empty() ? "" : "; ") + server.server + ": " + server.detail;
  return out;
}

void explain(error& failure, const std::vector<messages::server_report>& left_out) {
  if (!left_out.empty() &&
      (failure.code == errc::not_enough_servers || failure.code == errc::not_enough_shares))
    failure.detail += "; left out: " + in_words(left_out);
}

} // namespace truckee::actors

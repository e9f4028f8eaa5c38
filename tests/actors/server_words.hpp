#pragma once

#include "actors/stored_shares.hpp"

/// What tests of operations let servers do, and ask of replies.
namespace truckee::test {

/// A server that takes requests and never answers a write.
inline void hang_writes(test_grid& grid, std::size_t server) {
  grid.scripts[server]->write = [](const auto&) { return std::optional<grid::read_test_write_answer>{}; };
}

inline void hang_all_writes(test_grid& grid) {
  for (std::size_t i = 0; i < grid.scripts.size(); ++i)
    hang_writes(grid, i);
}

inline void release_all(test_grid& grid) {
  for (auto& script : grid.scripts) {
    script->write = nullptr;
    script->read = nullptr;
    script->release(grid.run);
  }
}

/// The word of what a server said; "nothing" where it said nothing.
inline std::string_view outcome_at(const messages::publish_reply& reply, const std::string& server) {
  for (const auto& report : reply.servers)
    if (report.server == server)
      return to_word(report.outcome);
  return "nothing";
}

inline bool placed_at(const messages::publish_reply& reply, const std::string& server) {
  return std::ranges::any_of(reply.placed, [&](const auto& place) { return place.server == server; });
}

inline std::string text(const shared_bytes& content) {
  return std::string(as_text(content.view()));
}

inline std::string all_reasons(const messages::retrieve_reply& reply) {
  std::string out;
  for (const auto& bad : reply.bad)
    out += bad.server + ": " + bad.reason + "\n";
  return out;
}

/// Content whose shares do not fit the first read of a map update.
inline std::string long_content() {
  std::string out(20'000, 'x');
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<char>('a' + (i * 7 + i / 26) % 26);
  return out;
}

} // namespace truckee::test

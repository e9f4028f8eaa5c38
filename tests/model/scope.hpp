#pragma once

#include "truckee/grid/strict/strict_setting.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace truckee::model {

enum class wish : std::uint8_t {
  append,         ///< an update that names itself
  confirmed_read, ///< of one who cannot write: what is not confirmed is told as a plain read
  settled_read,   ///< of one who can: publishes what is not confirmed, then tells it
  fill_in,        ///< a repair's: gives servers that missed it what is on enough (R8); tells nothing
};

struct operation {
  wish what = wish::append;
  std::uint8_t update = 0; ///< with append: below 7
};

/// How much is explored: everything that can happen within these bounds.
struct scope {
  std::string name;
  std::uint8_t k = 1, n = 3;
  std::uint8_t places = 3; ///< servers
  std::uint8_t rounds = 1;
  std::vector<std::vector<operation>> clients; ///< what each wants, one after the other; at most 3
  std::uint8_t tries = 2;                      ///< rounds an operation may take; at most 4
  std::uint8_t crashes = 0;                    ///< of clients with messages under way
  std::uint8_t faults =
      0; ///< servers not heard in a map, answers that do not come, messages that arrive twice
  std::uint8_t empty = 0; ///< the last of the servers, which have nothing at first
  bool warm = false;      ///< a next operation begins on what the last publish left, without a map
  /// While one server is exchanged for another: each client's stage, 1 to 4. The file is made at the least of them. Empty: none
  /// is.
  std::vector<std::uint8_t> stages = {};

  /// Of a client: its stage; 0 where no server is exchanged.
  std::uint8_t stage_of(std::uint8_t who) const;
  /// All that clients have.
  std::set<std::uint8_t> all_stages() const;
  grid::strict_setting setting(std::uint8_t stage) const;
  /// Servers there are: the one that comes is the last.
  std::uint8_t sites() const { return static_cast<std::uint8_t>(places + (stages.empty() ? 0 : 1)); }
};

/// Every server by its number, which is also its id.
server_id site_id(std::uint8_t site);
std::uint8_t site_of(const server_id& id);

/// "2 3": a stage for each client; empty: none.
std::vector<std::uint8_t> parse_stages(std::string_view words);

/// The letters of a client's operations: 'w' appends, 'r' reads confirmed, 's' reads and settles, 'f' fills in. "w w wr": three
/// clients.
std::vector<std::vector<operation>> parse_clients(std::string_view words);

/// The sizes that are explored to the end.
const std::vector<scope>& known_scopes();

} // namespace truckee::model

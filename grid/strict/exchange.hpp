#pragma once

#include "truckee/base/result.hpp"
#include "truckee/base/words.hpp"
#include "truckee/grid/publish/order_name.hpp"
#include "truckee/grid/strict/strict_setting.hpp"

#include <optional>
#include <string>
#include <vector>

/// Changing the servers of files that are kept strictly, while their writers run: what has been proved, and nothing else.
/// Source: docs/strict.md, "Changing a server".
namespace truckee::grid {

/// One server as a grid file names it.
struct strict_member {
  std::string name;                 ///< for people
  std::optional<server_id> id = {}; ///< nothing: it is not in the grid file
  std::optional<bytes> seed = {};   ///< its place in a file's order, where that is not by its id
  bool preferred = false;
  friend bool operator==(const strict_member&, const strict_member&) = default;
};

/// A grid file between two others, while one server is exchanged for another at the same place: files are kept on the servers
/// with the one and on those with the other, and a version needs H of each.
struct server_exchange {
  std::string leaving; ///< a server of the grid file
  std::string coming;  ///< another, at its place
  bool new_decides =
      false; ///< what is recoverable is what the servers with `coming` show; else those with `leaving`
  friend bool operator==(const server_exchange&, const server_exchange&) = default;
};

/// What a grid file says that its writers must share.
struct strict_grid {
  order_name order = order_name::strict;
  std::uint8_t k = 3;
  std::uint8_t n = 10;
  strict_terms terms = {};
  std::vector<strict_member> members = {};
  std::optional<server_exchange> exchange = {};
  friend bool operator==(const strict_grid&, const strict_grid&) = default;
};

/// By which way writers come from one grid file to another.
enum class change_way : std::uint8_t {
  none,     ///< both say the same: their writers may write together
  liars,    ///< one step of the exchange: `liars` one higher, or one lower
  exchange, ///< one server for another at the same place, with `liars` one higher meanwhile
  both_sets, ///< the same, or one step of it, with the servers before and after it written and counted meanwhile
};
inline constexpr std::array<std::string_view, 4> change_way_words{"none", "liars", "exchange", "both_sets"};
static_assert(are_words(change_way_words, change_way::both_sets));
constexpr std::string_view to_word(change_way x) {
  return word_in(change_way_words, x);
}

/// A way, and its steps for people, in order.
struct change_plan {
  change_way way = change_way::none;
  std::vector<std::string> steps;
};

/// Which way applies. errc::refused for what is not proved, with what to do instead.
result<change_plan> plan_change(const strict_grid& old, const strict_grid& next);

/// R11: writers of both may write to a file at the same time: one step of a way, and no more. errc::refused says why not.
result<void> may_meet(const strict_grid& one, const strict_grid& other);

/// Whether the exchange that a grid file is in the middle of is one that has been proved; errors as may_meet, or
/// errc::configuration.
result<void> check_exchange(const strict_grid& grid);

/// The setting of one file under a grid file, beside a neighbour's; errc::configuration where a server's id is not known.
result<strict_setting> setting_of(const strict_grid& of, const storage_index& file,
                                  const std::optional<setting_hash>& neighbour = {});
/// So many servers count for a file: one fewer than the grid file has in the middle of an exchange.
std::size_t servers_of_a_set(const strict_grid& of);

} // namespace truckee::grid

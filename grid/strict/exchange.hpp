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

/// What a grid file says that its writers must share.
struct strict_grid {
  order_name order = order_name::strict;
  std::uint8_t k = 3;
  std::uint8_t n = 10;
  strict_terms terms = {};
  std::vector<strict_member> members = {};
  friend bool operator==(const strict_grid&, const strict_grid&) = default;
};

/// By which way writers come from one grid file to another.
enum class change_way : std::uint8_t {
  none,     ///< both say the same: their writers may write together
  liars,    ///< one step of the exchange: `liars` one higher, or one lower
  exchange, ///< one server for another at the same place, with `liars` one higher meanwhile
};
inline constexpr std::array<std::string_view, 3> change_way_words{"none", "liars", "exchange"};
static_assert(are_words(change_way_words, change_way::exchange));
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

/// The setting of one file under a grid file; errc::configuration where a server's id is not known.
result<strict_setting> setting_of(const strict_grid& of, const storage_index& file);

} // namespace truckee::grid

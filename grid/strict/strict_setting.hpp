#pragma once

#include "truckee/base/ids.hpp"
#include "truckee/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

/// The constants of the strict order, which all writers of a file must share, and what follows from them. Source:
/// docs/strict.md.
namespace truckee::grid {

/// What a grid file says of the strict order beside the spread and the servers.
struct strict_terms {
  std::uint8_t liars = 0;  ///< servers that may lie, or forget what they acknowledged
  std::uint8_t rounds = 1; ///< 2: each publish begins with the barrier, so that fewer servers are needed
  friend bool operator==(const strict_terms&, const strict_terms&) = default;
};

/// What a writer's note says of its setting (writer_note.hpp, hash_of).
using setting_hash = fixed_bytes<struct setting_hash_tag, 8>;

/// The strict order for one file.
struct strict_choice {
  std::uint8_t k = 3;  ///< 1 to n
  std::uint8_t n = 10; ///< 1 to 255
  std::vector<server_id>
      servers{};           ///< in the permuted order of the grid file's list; the first n of them count
  std::uint8_t liars = 0;  ///< as strict_terms
  std::uint8_t rounds = 1; ///< as strict_terms
  /// R11: of the one neighbouring setting whose writers may write to the file as well, while servers are exchanged. It is no
  /// part of the setting itself.
  std::optional<setting_hash> neighbour = {};
};

/// The choice with its consequences. Places are numbered as the servers are.
class strict_setting {
public:
  /// errc::configuration where no number of servers would be enough, and says what would help.
  static result<strict_setting> make(strict_choice choice);

  std::uint8_t k() const { return choice_.k; }
  std::uint8_t n() const { return choice_.n; }
  std::size_t liars() const { return choice_.liars; }
  std::uint8_t rounds() const { return choice_.rounds; }
  const std::optional<setting_hash>& neighbour() const { return choice_.neighbour; }
  /// U, the servers that all writers of the file use, by place.
  const std::vector<server_id>& servers() const { return choice_.servers; }
  /// M.
  std::size_t places() const { return choice_.servers.size(); }

  /// H: a version is confirmed once so many servers have taken it.
  std::size_t confirming() const { return confirming_; }
  /// G: a reader must have heard so many.
  std::size_t heard_by_readers() const { return heard_; }
  /// The shares of one version that the server at this place holds: every M-th from its own number on, at most c.
  std::size_t shares_at(std::size_t place) const;
  /// c.
  std::size_t most_at_a_place() const { return most_; }

private:
  explicit strict_setting(strict_choice choice);
  bool is_enough(std::size_t servers) const;

  strict_choice choice_;
  std::size_t most_ = 1;       // c
  std::size_t most_held_ = 1;  // q
  std::size_t least_held_ = 1; // l
  std::size_t confirming_ = 0;
  std::size_t heard_ = 0;
};

/// H where a grid has so many servers, before anybody knows their ids; errors as strict_setting::make's.
result<std::size_t> servers_that_confirm(std::uint8_t k, std::uint8_t n, std::size_t servers,
                                         const strict_terms& terms);
/// Whether k of n on so many servers can be kept on these terms; errors as strict_setting::make's.
result<void> can_be_strict(std::uint8_t k, std::uint8_t n, std::size_t servers, const strict_terms& terms);

} // namespace truckee::grid

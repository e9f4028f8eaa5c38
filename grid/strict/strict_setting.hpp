#pragma once

#include "truckee/base/ids.hpp"
#include "truckee/base/result.hpp"

#include <algorithm>
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
  /// The other set of servers, by place, while one is exchanged in four stages: as `servers`, but for one place. It is written
  /// and counted as well, and `servers` decide what is recoverable. Nothing: there is none.
  std::vector<server_id> others = {};
};

/// At one place two servers have their shares of a version, the same ones, while one is exchanged for the other.
struct shared_place {
  std::size_t place = 0;
  server_id deciding; ///< of U
  server_id other;    ///< of the other set
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
  /// U, the servers that all writers of the file use, by place. With a second set, the one that decides.
  const std::vector<server_id>& servers() const { return choice_.servers; }
  /// U, and at the end who is of the second set only: all that are asked and written.
  const std::vector<server_id>& all_servers() const { return all_; }
  /// M.
  std::size_t places() const { return choice_.servers.size(); }
  /// Of a server of either set. Nothing: it is of none.
  std::optional<std::size_t> place_of(const server_id& server) const;
  /// Where the second set differs from U; nothing where there is none, or its server comes after the first n.
  const std::optional<shared_place>& shared() const { return shared_; }

  /// H: a version is confirmed once so many servers have taken it, of each set where there are two.
  std::size_t confirming() const { return confirming_; }
  /// How many of these, which are all of either set, are of the set that has fewest of them: what is held against H.
  /// `Servers`: a set of servers, or a map of them.
  template <class Servers>
  std::size_t counted(const Servers& servers) const {
    if (!shared_)
      return servers.size();
    const std::size_t deciding = servers.contains(shared_->deciding) ? 1 : 0;
    const std::size_t other = servers.contains(shared_->other) ? 1 : 0;
    return servers.size() - std::max(deciding, other);
  }
  /// As many of these as confirm a version.
  template <class Servers>
  bool confirmed_by(const Servers& servers) const {
    return counted(servers) >= confirming();
  }
  /// How many of these are of U.
  template <class Servers>
  std::size_t deciding(const Servers& servers) const {
    return servers.size() - (shared_ && servers.contains(shared_->other) ? 1 : 0);
  }
  /// How many of these are of the second set; of U where there is none.
  template <class Servers>
  std::size_t of_others(const Servers& servers) const {
    return servers.size() - (shared_ && servers.contains(shared_->deciding) ? 1 : 0);
  }
  /// There is a second set, and the neighbour's writers count U alone: what is on H of U they take for confirmed.
  bool counts_alone() const { return counts_alone_; }
  /// What is on these is confirmed for somebody who may write.
  template <class Servers>
  bool settled_by(const Servers& servers) const {
    return counts_alone_ ? deciding(servers) >= confirming() : confirmed_by(servers);
  }
  /// G: a reader must have heard so many of U.
  std::size_t heard_by_readers() const { return heard_; }
  /// The shares of one version that the server at this place holds: every M-th from its own number on, at most c.
  std::size_t shares_at(std::size_t place) const;
  /// c.
  std::size_t most_at_a_place() const { return most_; }

private:
  explicit strict_setting(strict_choice choice);
  bool is_enough(std::size_t servers) const;

  strict_choice choice_;
  std::vector<server_id> all_;
  std::optional<shared_place> shared_;
  bool counts_alone_ = false;
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

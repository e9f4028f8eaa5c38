#pragma once

#include "truckee/base/time_source.hpp"
#include "truckee/grid/slot.hpp"

#include <map>
#include <memory>
#include <optional>
#include <tuple>

namespace truckee::actors {

/// Pieces of shares to be, for a server of Tahoe-LAFS, which takes a share in one message only: they are gathered here, in
/// memory, and go to it with the message that makes shares of them. To whoever publishes it is as if the server had them.
class gathered_pieces {
public:
  /// `bytes_max`: of all that is gathered at once. What got no piece for `idle_max` goes where room is wanted.
  gathered_pieces(time_ptr time, std::uint64_t bytes_max) : time_(std::move(time)), bytes_max_(bytes_max) {}

  /// As a store answers it: too_large, with the limit, where it is too much.
  grid::stage_answer take(const grid::stage_piece& piece);
  /// The change with all that was gathered for it, or as it is where it names nothing; null where it names what is not here.
  std::shared_ptr<const grid::read_test_write>
  filled(const std::shared_ptr<const grid::read_test_write>& change) const;

  std::uint64_t bytes() const { return bytes_; }

  static constexpr std::chrono::minutes idle_max{15};

private:
  using name = std::tuple<storage_index, share_number, staging_id>;
  struct gathered {
    std::map<std::uint64_t, shared_bytes> pieces; ///< by their offset
    time_source::time_point last;
  };

  void let_go(const name& which);
  void let_go_of_the_idle();

  time_ptr time_;
  std::uint64_t bytes_max_;
  std::uint64_t bytes_ = 0;
  std::map<name, gathered> all_;
};

} // namespace truckee::actors

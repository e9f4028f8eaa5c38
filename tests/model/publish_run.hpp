#pragma once

#include "model/servers.hpp"
#include "truckee/grid/publish/publish_loop.hpp"
#include "truckee/grid/strict/strict_order.hpp"

namespace truckee::model {

/// One publish by the real loop and the real order; its messages are numbered.
class publish_run {
public:
  /// `fills_in`: a version that is there is given to servers that missed it, with the signature of one of its shares.
  publish_run(servers& grid, const grid::slot_map& known, const grid::file_version& version, maker by,
              bool fills_in = false);
  publish_run(const publish_run&) = delete;
  publish_run& operator=(const publish_run&) = delete;

  /// Why it was refused; empty: it was not.
  const std::string& refused() const { return refused_; }
  void answer(std::uint8_t place, const grid::write_outcome& outcome);
  bool finished() const { return !loop_ || loop_->finished(); }
  grid::publish_end end() const { return loop_->end(); }
  const grid::strict_order& order() const { return *order_; }
  std::map<std::uint8_t, std::uint32_t> under_way() const;
  /// Two that are equal in it go on alike.
  std::string key() const;

private:
  void pump();

  servers& grid_;
  grid::file_version version_;
  maker by_;
  bytes signature_;
  std::uint8_t signatures_ = 0;
  std::string refused_;
  std::optional<grid::publish_loop> loop_;
  const grid::strict_order* order_ = nullptr; ///< the loop's
  std::map<std::uint8_t, std::pair<grid::message_id, std::uint32_t>> under_way_;
};

} // namespace truckee::model

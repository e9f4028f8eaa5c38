#pragma once

#include "truckee/actors/shell/services.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace truckee::actors {

/// What was asked and is not answered yet, and how long the slowest answer took that came: who is so much slower than the
/// others that nobody should wait for it (grid_limits::patience).
template <class Key>
class owed_answers {
public:
  explicit owed_answers(services_ptr services) : services_(std::move(services)) {}

  /// Nobody is slow before so long, from now on: what is asked takes its time.
  void give_at_least(std::chrono::milliseconds time) { least_ = time; }

  void asked(Key what) { asked_at_.insert_or_assign(std::move(what), services_->time->now()); }
  /// False where nobody waits for it any longer.
  bool answered(const Key& what, double seconds) {
    if (asked_at_.erase(what) == 0)
      return false;
    slowest_ = std::max(slowest_, std::chrono::duration<double>(seconds));
    return true;
  }
  /// It is waited for no longer.
  void left(const Key& what) { asked_at_.erase(what); }

  /// What the slowest took that answered; 0 before the first.
  std::chrono::duration<double> slowest() const { return slowest_; }
  bool any() const { return !asked_at_.empty(); }
  bool is_slow(const Key& what) const {
    const auto asked = asked_at_.find(what);
    return asked != asked_at_.end() && services_->time->now() - asked->second >= patience();
  }
  /// Since it was asked.
  double seconds(const Key& what) const { return services_->time->seconds_since(asked_at_.at(what)); }
  bool all_are_slow() const {
    return std::ranges::all_of(asked_at_, [this](const auto& each) { return is_slow(each.first); });
  }
  std::vector<Key> all() const {
    std::vector<Key> out;
    for (const auto& each : asked_at_)
      out.push_back(each.first);
    return out;
  }
  /// Of one that is left, for people.
  std::string why_left() const {
    return fmt::format("no answer within {:.2g} s; not waited for any longer",
                       std::chrono::duration<double>(patience()).count());
  }

  /// Has `look` called by the actor when somebody may be slow, unless that is due already.
  template <class Shell, class Look>
  void watch(Shell* self, Look look) {
    if (asked_at_.empty() || std::exchange(is_due_, true))
      return;
    self->after(patience(), [this, look = std::move(look)] {
      is_due_ = false;
      look();
    });
  }

private:
  std::chrono::milliseconds patience() const {
    return std::max(least_, services_->limits.patience(slowest_));
  }

  services_ptr services_;
  std::map<Key, time_source::time_point> asked_at_;
  std::chrono::duration<double> slowest_{0};
  std::chrono::milliseconds least_{0};
  bool is_due_ = false;
};

} // namespace truckee::actors

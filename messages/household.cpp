#include "truckee/messages/household.hpp"

#include <vector>

namespace truckee::messages {

namespace {

void end_by_force(const caf::actor_addr& who) {
  if (const auto still_there = caf::actor_cast<caf::actor>(who))
    caf::anon_send_exit(still_there, caf::exit_reason::kill);
}

} // namespace

std::function<void()> household::joins(caf::local_actor& who) {
  const auto address = who.address();
  const auto id = who.id();
  {
    const std::lock_guard lock(mutex_);
    there_.emplace(id, address);
    if (closing_)
      end_by_force(address);
  }
  return [house = shared_from_this(), id] { house->leaves(id); };
}

std::size_t household::size() const {
  const std::lock_guard lock(mutex_);
  return there_.size();
}

void household::close(std::function<void()> empty) {
  std::vector<caf::actor_addr> all;
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    for (const auto& [id, address] : there_)
      all.push_back(address);
    if (!all.empty())
      empty_ = std::move(empty);
  }
  if (all.empty())
    empty();
  for (const auto& address : all)
    end_by_force(address);
}

void household::open() {
  const std::lock_guard lock(mutex_);
  closing_ = false;
}

void household::leaves(caf::actor_id who) {
  std::function<void()> told;
  {
    const std::lock_guard lock(mutex_);
    there_.erase(who);
    if (there_.empty())
      told = std::exchange(empty_, nullptr);
  }
  if (told)
    told();
}

} // namespace truckee::messages

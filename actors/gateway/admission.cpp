#include "truckee/actors/gateway/admission.hpp"

#include <algorithm>

namespace truckee::actors {

namespace {

std::uint64_t to_ms(std::chrono::milliseconds x) {
  return static_cast<std::uint64_t>(x.count());
}

} // namespace

admission::held admission::held_by(const caller& who) const {
  const auto at = by_caller_.find(who);
  return at == by_caller_.end() ? held{} : at->second;
}

std::uint64_t admission::bytes_left() const {
  return limits_.held_bytes_max - std::min(limits_.held_bytes_max, all_.bytes);
}

std::optional<metrics::refusal> admission::refuses(const caller& who, std::uint64_t content_bytes) const {
  const auto own = held_by(who);
  if (all_.operations >= limits_.operations_max)
    return metrics::refusal::too_many_operations;
  if (own.operations >= limits_.operations_per_caller_max)
    return metrics::refusal::too_many_of_caller;
  if (content_bytes > 0 && own.bytes >= bytes_left())
    return bytes_left() == 0 ? metrics::refusal::too_many_bytes : metrics::refusal::too_many_bytes_of_caller;
  return std::nullopt;
}

void admission::enter(const caller& who, std::uint64_t content_bytes) {
  auto& own = by_caller_[who];
  for (auto* each : {&all_, &own}) {
    ++each->operations;
    each->bytes += content_bytes;
  }
}

void admission::leave(const caller& who, std::uint64_t content_bytes, time_point now) {
  const auto own = by_caller_.find(who);
  if (own == by_caller_.end())
    return;
  for (auto* each : {&all_, &own->second}) {
    --each->operations;
    each->bytes -= content_bytes;
  }
  if (own->second.operations == 0)
    by_caller_.erase(own);
  departures_.push_back({now, content_bytes});
  if (departures_.size() > departures_max)
    departures_.pop_front();
}

messages::backlog admission::backlog(const caller& who, metrics::refusal reason, time_point now) const {
  messages::backlog out{all_.operations, all_.bytes, to_ms(retry_unknown)};
  double bytes_gone = 0;
  for (const auto& each : departures_)
    bytes_gone += static_cast<double>(each.bytes);
  double share_of_them = departures_.empty() ? 0 : 1 / static_cast<double>(departures_.size());
  if (reason == metrics::refusal::too_many_bytes || reason == metrics::refusal::too_many_bytes_of_caller) {
    const auto own = held_by(who).bytes;
    const auto excess = static_cast<double>(own - std::min(own, bytes_left())) + 1;
    share_of_them = bytes_gone > 0 ? excess / bytes_gone : 0;
  }
  if (share_of_them > 0) {
    const auto took = std::chrono::duration<double, std::milli>(now - departures_.front().when);
    const auto guess = std::min(took.count() * share_of_them, static_cast<double>(retry_max.count()));
    out.retry_after_ms = to_ms(std::max(retry_min, milliseconds(static_cast<std::int64_t>(guess))));
  }
  return out;
}

} // namespace truckee::actors

#include "truckee/status/health.hpp"

namespace truckee::status {

health_check::health_check(std::shared_ptr<doors::porter> by, address listening,
                           std::optional<tls::node_files> tls, asked answers)
  : by_(std::move(by)), at_(std::move(listening)), tls_(std::move(tls)), answers_(std::move(answers)) {
  if (at_.host == "0.0.0.0")
    at_.host = "127.0.0.1";
  if (at_.host == "::")
    at_.host = "::1";
}

result<void> health_check::look() {
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (last_ && now - *last_ < kept)
    return found_;
  // Comes with the first byte that CAF says, and ends at once.
  const auto network = by_->dial({.to = at_, .tls = tls_, .who = {}, .deadline = probe_deadline});
  if (!network)
    found_ = fail(network.error().code,
                  "the node's own port " + to_string(at_) + " does not answer: " + network.error().detail);
  else
    found_ = answers_();
  last_ = std::chrono::steady_clock::now();
  return found_;
}

} // namespace truckee::status

#pragma once

#include "truckee/base/time_source.hpp"

#include <atomic>

namespace truckee::test {

/// Time that passes when a test says so. Safe from several threads.
class manual_time final : public time_source {
public:
  static constexpr std::chrono::milliseconds beginning = std::chrono::seconds(1'700'000'000);

  time_point now() const override { return time_point(std::chrono::nanoseconds(passed_)); }
  std::chrono::milliseconds unix_now() const override {
    return beginning + std::chrono::duration_cast<std::chrono::milliseconds>(now().time_since_epoch());
  }
  void set(std::chrono::nanoseconds since_some_beginning) { passed_ = since_some_beginning.count(); }

private:
  std::atomic<std::int64_t> passed_ = 0;
};

} // namespace truckee::test

#include "truckee/base/time_source.hpp"

namespace truckee {

namespace {

class os_time final : public time_source {
public:
  time_point now() const override { return std::chrono::steady_clock::now(); }
  std::chrono::milliseconds unix_now() const override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now().time_since_epoch());
  }
};

} // namespace

time_ptr system_time() {
  static const auto source = std::make_shared<const os_time>();
  return source;
}

} // namespace truckee

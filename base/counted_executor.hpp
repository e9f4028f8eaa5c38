#pragma once

#include "truckee/base/executor.hpp"

#include <memory>

namespace truckee {

/// Hands jobs on to another executor, perhaps one of a host, and knows when all of them have ended.
class counted_executor final : public executor {
public:
  explicit counted_executor(std::shared_ptr<executor> to);

  void submit(std::function<void()> job) override;
  std::size_t threads() const override { return to_->threads(); }

  /// Waits until no job runs or is queued, and nothing a job held is held any more. Not from a job.
  void wait_idle() const;

private:
  struct count;
  std::shared_ptr<executor> to_;
  std::shared_ptr<count> jobs_;
};

} // namespace truckee

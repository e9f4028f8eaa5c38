#pragma once

#include "truckee/base/result.hpp"
#include "truckee/base/time_source.hpp"
#include "truckee/codec/encode_stage.hpp"

#include <functional>
#include <stop_token>

namespace truckee::codec {

/// Runs the stages of a pipeline one after another: tells of each as it begins, times it, and begins none after a stop.
class stage_run {
public:
  stage_run(std::function<void(stage)> on_stage, std::stop_token stop, time_ptr time)
    : on_stage_(std::move(on_stage)), stop_(std::move(stop)), time_(std::move(time)) {}

  /// What `work` gives; errc::cancelled, without it, after a stop.
  template <class Work>
  result<void> run(stage which, const Work& work) {
    if (stop_.stop_requested())
      return fail(errc::cancelled, "stopped before the stage \"" + std::string(to_word(which)) + "\"");
    if (on_stage_)
      on_stage_(which);
    const auto begin = time_->now();
    auto done = work();
    timings_.at(which) = std::chrono::duration<double>(time_->now() - begin).count();
    return done;
  }

  const encode_timings& timings() const { return timings_; }

private:
  std::function<void(stage)> on_stage_;
  std::stop_token stop_;
  time_ptr time_;
  encode_timings timings_;
};

} // namespace truckee::codec

#include "truckee/storage/group_commit.hpp"

#include <algorithm>
#include <sys/resource.h>

namespace truckee::storage {

namespace {

/// A quarter of the files that this process may have open: connections and reads need some, too.
std::size_t open_writes_max() {
  constexpr std::size_t least = 64;
  constexpr std::size_t most = 2048;
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0)
    return least;
  return std::clamp<std::size_t>(files.rlim_cur / 4, least, most);
}

} // namespace

group_commit::group_commit(std::shared_ptr<executor> pool, std::size_t open_max, told tell)
  : pool_(std::move(pool)), open_max_(open_max), tell_(std::move(tell)) {}

bool group_commit::enter() {
  const std::lock_guard lock(mutex_);
  if (open_ >= open_max_)
    return false;
  ++open_;
  return true;
}

void group_commit::write(store_ptr store, grid::read_test_write request, done answer) {
  entry one{std::move(store), {}, std::move(answer)};
  if (enter())
    one.began = one.store->begin_write(std::move(request));
  else
    one.request = std::move(request);
  queue(std::move(one));
}

void group_commit::queue(entry what) {
  {
    const std::lock_guard lock(mutex_);
    if (what.began)
      came_.push_back(std::move(what));
    else
      waiting_.push_back(std::move(what));
    if (std::exchange(runs_, true))
      return;
  }
  pool_->submit([me = shared_from_this()] { me->run(); });
}

/// Whether there is anything under way.
bool group_commit::gather(std::vector<entry>& under_way) {
  const auto from = under_way.size();
  {
    const std::lock_guard lock(mutex_);
    std::ranges::move(came_, std::back_inserter(under_way));
    came_.clear();
    for (; !waiting_.empty() && open_ < open_max_; ++open_, waiting_.pop_front())
      under_way.push_back(std::move(waiting_.front()));
    if (under_way.empty()) {
      runs_ = false;
      return false;
    }
  }
  for (auto i = from; i < under_way.size(); ++i)
    if (auto& one = under_way[i]; !one.began)
      one.began = one.store->begin_write(std::move(one.request));
  return true;
}

std::size_t group_commit::answer_ended(std::vector<entry>& under_way) {
  const auto ended =
      std::ranges::stable_partition(under_way, [](const entry& one) { return !one.began->wishes().empty(); });
  const auto count = ended.size();
  for (auto& one : ended) {
    auto answer = one.began->answer();
    one.began.reset();
    one.store.reset();
    one.answer(std::move(answer));
  }
  under_way.erase(ended.begin(), ended.end());
  const std::lock_guard lock(mutex_);
  open_ -= count;
  return count;
}

void group_commit::run() {
  std::vector<entry> under_way;
  while (gather(under_way)) {
    auto answered = answer_ended(under_way); // what was refused at once
    std::uint64_t syncs = 0;
    if (!under_way.empty()) {
      std::vector<staged_change*> all;
      for (const auto& one : under_way)
        all.push_back(one.began.get());
      syncs = go_on(*under_way.front().store->disk(), all);
      answered += answer_ended(under_way);
    }
    tell_(answered, syncs);
  }
}

group_commits::group_commits(std::shared_ptr<executor> pool, group_commit::told tell)
  : pool_(std::move(pool)), tell_(std::move(tell)), open_max_(open_writes_max()) {}

std::shared_ptr<group_commit> group_commits::of(const disk_place& at) {
  const std::lock_guard lock(mutex_);
  auto& group = groups_[{at.files, at.device}];
  if (!group)
    group = std::make_shared<group_commit>(pool_, open_max_, tell_);
  return group;
}

} // namespace truckee::storage

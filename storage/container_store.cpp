#include "truckee/storage/container_store.hpp"

#include "truckee/crypto/base32.hpp"
#include "truckee/storage/rules.hpp"
#include "truckee/storage/slot_writing.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>

namespace truckee::storage {

using grid::storage_status;

storage_status status_of(const io_failure& why) {
  if (is_full(why))
    return storage_status::no_space;
  if (why.code == EROFS)
    return storage_status::read_only;
  return storage_status::io_error;
}

storage_status status_of(const error& why) {
  return why.code == errc::io ? storage_status::io_error : storage_status::corrupt;
}

namespace {

/// How much longer a slot's files get, leases aside: who writes a file shorter shall not fail for the lease that comes with it.
std::uint64_t growth(const open_slot& old, const slot_plan& plan) {
  std::uint64_t before = 0;
  std::uint64_t after = 0;
  for (const auto& [share, what] : plan) {
    const auto was = old.shares.find(share);
    const bool known = was != old.shares.end() && was->second;
    if (known)
      before += was->second->file->size();
    if (what)
      after += known && !what->staged ? container_head_size + what->facts->content.data_length
                                      : what->image.bytes_to_write(); // what is staged has its room
  }
  return after - std::min(after, before);
}

bool is_doubtful(const lease& one) {
  return one.expires < plausible_since + lease_seconds;
}

/// Whether every lease ended at least `grace` seconds before `now`.
bool lets_go(const std::vector<lease>& leases, std::uint64_t now, const expiry_policy& policy) {
  if (leases.empty())
    return policy.remove_unleased;
  return std::all_of(leases.begin(), leases.end(), [&](const lease& one) {
    return now > one.expires && now - one.expires >= policy.grace_seconds;
  });
}

container_store_options with_seed(container_store_options out) {
  if (out.permutation_seed.empty())
    out.permutation_seed = to_bytes(out.id.view());
  return out;
}

} // namespace

container_store::container_store(container_store_options options, unix_clock now,
                                 std::unique_ptr<slot_backend> backend, std::uint64_t slots)
  : options_(with_seed(std::move(options))), reserved_space_(options_.limits.reserved_space),
    share_bytes_max_(options_.limits.share_bytes_max), read_only_(options_.read_only), now_(std::move(now)),
    backend_(std::move(backend)), slots_(slots), stagings_(options_.limits.stagings_max) {}

void container_store::use(const store_settings& settings) {
  reserved_space_ = settings.reserved_space;
  share_bytes_max_ = settings.share_bytes_max;
  read_only_ = settings.read_only || options_.read_only;
}

store_limits container_store::limits() const {
  auto out = options_.limits;
  out.reserved_space = reserved_space_;
  out.share_bytes_max = share_bytes_max_;
  return out;
}

std::uint64_t container_store::bytes_available() {
  const auto free = backend_->available_bytes().value_or(0);
  return free - std::min(free, reserved_space_.load());
}

std::uint32_t container_store::lease_end() const {
  constexpr std::uint64_t last = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(std::min(now_() + lease_seconds, last));
}

grid::store_info container_store::info() {
  const bool read_only = read_only_ || !backend_->in_place();
  return {.id = options_.id,
          .software = "truckee/" TRUCKEE_VERSION,
          .permutation_seed = options_.permutation_seed,
          .read_only = read_only,
          .bytes_available = read_only ? 0 : bytes_available(),
          .share_bytes_max = share_bytes_max_,
          .slots = slots_.load()};
}

/// What is free of the file system, for who is going to write `needed` bytes. While it is plenty it is asked once a second:
/// others can fill a disk only so fast, and a write that finds it full says so.
io_result<std::uint64_t> container_store::free_for(std::uint64_t needed) {
  constexpr std::uint64_t plenty = std::uint64_t{256} << 20;
  const auto now = now_();
  const std::lock_guard lock(room_mutex_);
  const auto is_plenty = [&](std::uint64_t free) {
    return free > plenty && free - plenty > needed && free - plenty - needed > reserved_space_;
  };
  if (!room_ || room_->asked_at != now || !is_plenty(room_->free)) {
    const auto free = backend_->available_bytes();
    if (!free)
      return free;
    room_ = known_room{now, *free};
  }
  const auto free = room_->free;
  room_->free -= std::min(free, needed);
  return free;
}

/// New files are complete before old ones go, so for a moment a plan needs room for all it writes; that may come out of what is
/// reserved, but what the store grows by may not. Removing needs none.
container_store::verdict container_store::room_for(const open_slot& old, const slot_plan& plan) {
  std::uint64_t needed = 0;
  for (const auto& [share, image] : plan)
    needed += image ? image->image.bytes_to_write() : 0;
  if (needed == 0)
    return {};
  if (!old.present && slots_.load() >= options_.limits.slots_max)
    return {storage_status::too_large,
            "the store holds " + std::to_string(slots_.load()) + " slots, its limit"};
  const auto free = free_for(needed);
  if (!free)
    return {status_of(free.error()), free.error().what};
  const auto available = *free - std::min(*free, reserved_space_.load());
  const auto no_room = [available](std::uint64_t wanted, std::uint64_t there) {
    return verdict{storage_status::no_space,
                   std::to_string(wanted) + " bytes needed, " + std::to_string(there) + " available",
                   available};
  };
  if (needed > *free)
    return no_room(needed, *free);
  if (const auto more = growth(old, plan); more > available)
    return no_room(more, available);
  return {};
}

/// Nothing where reads may give so many bytes.
std::optional<container_store::verdict> container_store::check_answer(std::uint64_t wanted) const {
  const auto most = options_.limits.answer_bytes_max;
  if (wanted <= most)
    return std::nullopt;
  return verdict{storage_status::too_large, "the reads ask for " + std::to_string(wanted) +
                                                " bytes, the limit is " + std::to_string(most)};
}

container_store::verdict container_store::carry_out(const storage_index& slot, const open_slot& old,
                                                    const slot_plan& plan) {
  if (plan.empty())
    return {};
  for (;;) {
    auto done = room_for(old, plan);
    if (done.status == storage_status::ok)
      done = ended(old, plan, backend_->apply(slot, old, plan));
    if (done.status != storage_status::no_space || !make_room())
      return done;
  }
}

container_store::verdict container_store::ended(const open_slot& old, const slot_plan& plan,
                                                const io_result<void>& done) {
  if (!done) {
    const auto status = status_of(done.error());
    return {status, done.error().what, status == storage_status::no_space ? bytes_available() : 0};
  }
  const bool any_written =
      std::any_of(plan.begin(), plan.end(), [](const auto& item) { return item.second.has_value(); });
  const bool empty_now = !any_written && plan.size() == old.shares.size();
  if (!old.present)
    ++slots_;
  else if (empty_now)
    --slots_;
  return {};
}

/// Of a slot that may have changed since the plan was made, but for the plan's shares.
container_store::verdict container_store::carry_out_anew(const storage_index& slot, const slot_plan& plan) {
  if (plan.empty())
    return {};
  const auto now = backend_->open(slot);
  if (!now)
    return {status_of(now.error()), now.error().what};
  return carry_out(slot, *now, plan);
}

grid::read_test_write_answer container_store::read_test_write(const grid::read_test_write& request) {
  writing one(*this, request);
  if (const auto* at = disk())
    settle(*at, one);
  return one.answer();
}

namespace {

/// A write with what was asked for.
template <class Writing>
class kept_write final : public slot_write {
public:
  kept_write(container_store& store, grid::read_test_write request)
    : request_(std::move(request)), writing_(store, request_) {}
  std::span<const sync_wish> wishes() const override { return writing_.wishes(); }
  void next(io_result<void> fulfilled) override { writing_.next(std::move(fulfilled)); }
  grid::read_test_write_answer answer() override { return writing_.answer(); }

private:
  const grid::read_test_write request_;
  Writing writing_;
};

} // namespace

std::unique_ptr<slot_write> container_store::begin_write(grid::read_test_write request) {
  return std::make_unique<kept_write<writing>>(*this, std::move(request));
}

grid::slot_read_answer container_store::read(const grid::slot_read& request) {
  grid::slot_read_answer out;
  const auto refused = [&out](storage_status status, std::string detail) {
    out = {};
    out.status = status;
    out.detail = std::move(detail);
    return out;
  };
  if (request.reads.size() > options_.limits.reads_max)
    return refused(storage_status::too_large, std::to_string(request.reads.size()) +
                                                  " read vectors, the limit is " +
                                                  std::to_string(options_.limits.reads_max));
  const auto files = backend_->open(request.slot);
  if (!files)
    return refused(storage_status::io_error, files.error().what);
  rules::loaded_slot slot;
  for (const auto& [share, file] : files->shares) {
    if (!request.shares.empty() &&
        std::find(request.shares.begin(), request.shares.end(), share) == request.shares.end())
      continue;
    if (!file) {
      out.damaged.emplace(share, file.error().what);
      continue;
    }
    // Asked for to be seen as it is: nothing but the head may come from memory.
    auto head = file->known ? rules::content_of(*file) : read_container_head(*file->file);
    if (head)
      slot.emplace(share, rules::loaded_share{file->file.get(), std::move(*head)});
    else
      out.damaged.emplace(share, head.error().detail);
  }
  if (auto wanted = check_answer(rules::answer_bytes(slot, request.reads)))
    return refused(wanted->status, std::move(wanted->detail));
  for (const auto& [share, loaded] : slot) {
    auto found = rules::read_all(loaded, request.reads);
    if (found)
      out.reads.emplace(share, std::move(*found));
    else
      out.damaged.emplace(share, found.error().detail);
  }
  return out;
}

lease_answer container_store::add_lease(const storage_index& slot, const server_secret& renew,
                                        const server_secret& cancel) {
  if (read_only_)
    return {storage_status::read_only, 0, "this store takes no writes"};
  const auto files = backend_->open(slot);
  if (!files)
    return {storage_status::io_error, 0, files.error().what};
  if (files->shares.empty())
    return {storage_status::not_found, 0, "no share of that slot"};
  slot_plan plan;
  std::string problems;
  storage_status status = storage_status::ok;
  const auto problem = [&](share_number share, storage_status what, const std::string& why) {
    status = what;
    problems += (problems.empty() ? "share " : "; share ") + std::to_string(share.value) + ": " + why;
  };
  for (const auto& [share, file] : files->shares) {
    if (!file) {
      problem(share, storage_status::io_error, file.error().what);
      continue;
    }
    auto content = rules::content_of(*file);
    if (!content) {
      problem(share, status_of(content.error()), content.error().detail);
      continue;
    }
    container_edit edit(std::move(*content), file->file->size());
    edit.renew_or_add_lease(renew, cancel, lease_end(), options_.id);
    const auto places = edit.now().places.size();
    if (edit.changed() && places > std::max(leases_in_head, options_.limits.leases_per_share_max))
      problem(share, storage_status::too_large, "it has as many leases as the store takes");
    else if (const auto patch = edit.in_place()) {
      if (const auto done = backend_->write_over(slot, share, *file, *patch); !done)
        problem(share, status_of(done.error()), done.error().what);
    } else if (edit.changed())
      plan.emplace(share, rules::planned(edit));
  }
  // A damaged share must not cost its neighbours their lease.
  if (const auto done = carry_out_anew(slot, plan); done.status != storage_status::ok)
    return {done.status, done.bytes_available, done.detail};
  return {status, status == storage_status::no_space ? bytes_available() : 0, problems};
}

result<slot_leases> container_store::leases(const storage_index& slot) {
  const auto files = backend_->open(slot);
  if (!files)
    return told(files.error());
  slot_leases out;
  for (const auto& [share, file] : files->shares) {
    if (!file)
      return told(file.error());
    const auto content = rules::content_of(*file);
    if (!content)
      return fail(content.error().code == errc::io ? errc::io : errc::corrupt,
                  "share " + std::to_string(share.value) + ": " + content.error().detail);
    out.emplace(share, leases_of(*content));
  }
  return out;
}

result<slot_expiry> container_store::expire(const storage_index& slot, std::uint64_t now,
                                            const expiry_policy& policy, bool dry_run) {
  if (read_only_ && !dry_run)
    return fail(errc::read_only, "this store takes no writes");
  const auto files = backend_->open(slot);
  if (!files)
    return told(files.error());
  slot_expiry out;
  slot_plan plan;
  for (const auto& [share, file] : files->shares) {
    const auto content = file ? rules::content_of(*file) : result<container>(told(file.error()));
    if (!content) {
      out.unreadable.emplace(share, content.error().detail); // another format, or worth a person's look
      continue;
    }
    const auto held = leases_of(*content);
    if (!lets_go(held, now, policy)) {
      ++out.kept;
      continue;
    }
    if (!is_plausible(now) || std::ranges::any_of(held, is_doubtful)) {
      out.doubtful.push_back(share);
      continue;
    }
    out.removed.push_back(share);
    out.bytes_freed += file->file->size();
    plan.emplace(share, std::nullopt);
  }
  if (dry_run)
    return out;
  auto done = carry_out(slot, *files, plan);
  // A folder for those that stay needs room, which a full disk has only afterwards.
  if (done.status == storage_status::no_space) {
    done = {};
    for (auto share = plan.begin(); share != plan.end() && done.status == storage_status::ok; ++share)
      done = carry_out_anew(slot, slot_plan{*share});
  }
  if (done.status != storage_status::ok)
    return fail(errc::io, done.detail);
  return out;
}

result<std::vector<storage_index>> container_store::slots() {
  auto found = backend_->slots();
  if (!found)
    return told(found.error());
  std::sort(found->begin(), found->end());
  return std::move(*found);
}

} // namespace truckee::storage

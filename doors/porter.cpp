#include "truckee/doors/porter.hpp"

#include "truckee/doors/house.hpp"

#include <fcntl.h>

namespace truckee::doors {

namespace {

constexpr std::chrono::seconds patience{2}; ///< at the end, for what is still to be sent

std::string name_of(const tls::node_files& files) {
  return files.ca.string() + '\n' + files.certificate.string() + '\n' + files.key.string();
}

bool same_certificate(const tls::identity& a, const tls::identity& b) {
  return a.key == b.key && a.not_before == b.not_before && a.not_after == b.not_after;
}

} // namespace

result<void> may_open(const door& what) {
  if (what.tls || what.at.is_loopback())
    return {};
  return fail(errc::refused, "refusing to listen on " + to_string(what.at) +
                                 " without mutual TLS: whoever reaches the port could read and change what "
                                 "passes. Make certificates with `truckee certs DIR NAME...` and give them, "
                                 "or listen on 127.0.0.1");
}

result<std::shared_ptr<porter>> porter::make(porter_options options) {
  auto loop = event_loop::start();
  if (!loop)
    return tl::unexpected(loop.error());
  return std::shared_ptr<porter>(new porter(std::make_shared<house>(std::move(options), std::move(*loop))));
}

porter::~porter() {
  stop();
}
void porter::stop() {
  house_->stop();
}

result<porter::opened> porter::open(door what, std::function<void(passage)> then) {
  return house_->open(std::move(what), std::move(then));
}
void porter::close(std::uint64_t which) {
  house_->close(which);
}
void porter::dial(call what, std::function<void(result<passage>)> then) {
  house_->dial(std::move(what), std::move(then));
}
result<passage> porter::dial(call what) {
  auto made = std::make_shared<std::promise<result<passage>>>();
  auto answer = made->get_future();
  dial(std::move(what), [made](result<passage> p) { made->set_value(std::move(p)); });
  return answer.get();
}
result<bool> porter::use(const tls::node_files& files) {
  return house_->use(files);
}
std::map<std::string, std::int64_t> porter::certificate_ends() const {
  return house_->certificate_ends();
}

porter::house::~house() {
  loop_.reset();
}

void porter::house::keep_a_spare() {
  if (!spare_)
    spare_.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

result<porter::house::credentials_ptr> porter::house::credentials_for(const tls::node_files& files) {
  const auto key = name_of(files);
  const std::lock_guard lock(mutex_);
  if (const auto at = credentials_.find(key); at != credentials_.end())
    return at->second.second;
  auto made = credentials::load(files);
  if (made)
    credentials_.emplace(key, std::pair(files, *made));
  return made;
}

result<bool> porter::house::use(const tls::node_files& files) {
  const auto made = credentials::load(files);
  if (!made)
    return tl::unexpected(made.error());
  const std::lock_guard lock(mutex_);
  bool other = credentials_.empty();
  for (auto& [asked, each] : credentials_) {
    other |= !same_certificate(each.second->own(), (*made)->own());
    each = {files, *made};
  }
  credentials_[name_of(files)] = {files, *made};
  return other;
}

std::map<std::string, std::int64_t> porter::house::certificate_ends() const {
  std::map<std::string, std::int64_t> out;
  const std::lock_guard lock(mutex_);
  for (const auto& [key, each] : credentials_)
    out[each.first.certificate.string()] = each.second->own().not_after;
  return out;
}

result<porter::opened> porter::house::open(door what, std::function<void(passage)> then) {
  if (auto allowed = may_open(what); !allowed)
    return tl::unexpected(allowed.error());
  if (what.tls)
    if (auto good = credentials_for(*what.tls); !good)
      return tl::unexpected(good.error());
  opened out;
  auto fd = listen_at(what.at, out.at);
  if (!fd)
    return tl::unexpected(fd.error());
  result<void> watched = fail(errc::cancelled, "it is being closed");
  loop_->run([&] {
    if (stopping_)
      return;
    keep_a_spare();
    const auto which = out.door = ++last_;
    const int raw = fd->get();
    listeners_.emplace(
        which, listener{std::move(*fd), 0, std::move(what), to_string(out.at), std::move(then), {}, false});
    const auto watch = loop_->watch(raw, [this, which](std::uint32_t) { accept_all(which); });
    listeners_.at(which).watch = watch;
    if (watch == 0) {
      listeners_.erase(which);
      watched = fail(errc::io,
                     "cannot listen on " + to_string(out.at) + ": the system watches no more descriptors");
      return;
    }
    watched = {};
  });
  if (!watched)
    return tl::unexpected(watched.error());
  return out;
}

void porter::house::close(std::uint64_t which) {
  loop_->run([this, which] {
    const auto at = listeners_.find(which);
    if (at == listeners_.end())
      return;
    loop_->forget(at->second.watch, at->second.fd.get());
    if (at->second.pause)
      loop_->cancel(*at->second.pause);
    listeners_.erase(at);
  });
}

void porter::house::stop() {
  loop_->run([this] {
    stopping_ = true;
    while (!listeners_.empty())
      close(listeners_.begin()->first);
    while (!attempts_.empty())
      settle(attempts_.begin()->first, fail(errc::cancelled, "it was given up: this end is closing"));
    std::vector<id> all;
    for (const auto& [which, each] : guests_)
      all.push_back(which);
    for (const auto which : all)
      if (const auto at = guests_.find(which); at != guests_.end())
        at->second.at->leave();
    const std::lock_guard lock(mutex_);
    is_empty_ = guests_.empty();
  });
  {
    std::unique_lock lock(mutex_);
    empty_.wait_for(lock, patience, [this] { return is_empty_; });
  }
  loop_->run([this] { guests_.clear(); });
}

/// A connection has ended; it is in one of its own functions, and goes a little later.
void porter::house::gone(id which) {
  no_longer_waits(which);
  loop_->post([this, which] {
    const auto at = guests_.find(which);
    if (at == guests_.end())
      return;
    if (!at->second.source.empty()) {
      --accepted_;
      if (const auto of = open_of_.find(at->second.source); of != open_of_.end() && --of->second == 0)
        open_of_.erase(of);
    }
    guests_.erase(at);
    keep_a_spare();
    if (!stopping_ || !guests_.empty())
      return;
    const std::lock_guard lock(mutex_);
    is_empty_ = true;
    empty_.notify_all();
  });
}

} // namespace truckee::doors

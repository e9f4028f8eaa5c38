#include "gbs/fake_server.hpp"

#include "truckee/base/freed_by.hpp"
#include "truckee/base/overloaded.hpp"
#include "truckee/gbs/serving.hpp"
#include "truckee/storage/memory_store.hpp"

#include <condition_variable>
#include <httplib.h>
#include <mutex>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <thread>

namespace truckee::test {

namespace {

using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using certificate_ptr = std::unique_ptr<X509, freed_by<X509_free>>;

certificate_ptr make_certificate(EVP_PKEY* key, const certificate_options& how) {
  certificate_ptr out{X509_new()};
  X509_set_version(out.get(), how.version_1 ? 0 : 2);
  ASN1_INTEGER_set(X509_get_serialNumber(out.get()), 1);
  constexpr long day = 24 * 60 * 60;
  X509_gmtime_adj(X509_getm_notBefore(out.get()), how.from_days * day);
  X509_gmtime_adj(X509_getm_notAfter(out.get()), how.until_days * day);
  auto* name = X509_get_subject_name(out.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("newpb_thingy"),
                             -1, -1, 0);
  X509_set_issuer_name(out.get(), name);
  X509_set_pubkey(out.get(), key);
  X509_sign(out.get(), key, EVP_sha256());
  return out;
}

const secret_text swissnum = "swissnumofthefakeserver";

std::uint64_t unix_seconds() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
          .count());
}

} // namespace

struct fake_server::house {
  explicit house(const certificate_options& how)
    : key(EVP_EC_gen("P-256")), certificate(make_certificate(key.get(), how)),
      server(certificate.get(), key.get()) {
    unsigned size = 0;
    X509_digest(certificate.get(), EVP_sha1(), reinterpret_cast<unsigned char*>(id.data.data()), &size);
    find_pin();
  }

  void find_pin() {
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(key.get(), &der);
    unsigned written = 0;
    EVP_Digest(der, static_cast<std::size_t>(size), reinterpret_cast<unsigned char*>(pin.data.data()),
               &written, EVP_sha256(), nullptr);
    OPENSSL_free(der);
  }

  void start() {
    server.new_task_queue = [] { return new httplib::ThreadPool(8); };
    server.set_keep_alive_max_count(1'000'000);
    server.set_keep_alive_timeout(1);
    server.set_tcp_nodelay(true);
    server.set_pre_routing_handler([this](const httplib::Request& in, httplib::Response& out) {
      if (current(in.path) == fault::takes_nothing) {
        wait_for_end();
        out.status = 503;
        return httplib::Server::HandlerResponse::Handled;
      }
      return httplib::Server::HandlerResponse::Unhandled;
    });
    const auto handler = [this](const httplib::Request& in, httplib::Response& out) { handle(in, out); };
    server.Get(".*", handler).Post(".*", handler).Put(".*", handler);
    port = server.bind_to_any_port("127.0.0.1");
    thread = std::thread([this] { server.listen_after_bind(); });
    while (!server.is_running())
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  ~house() {
    change([this] { ending = true; });
    server.stop();
    if (thread.joinable())
      thread.join();
  }

  template <class Change>
  void change(Change what) {
    {
      const std::lock_guard held(mutex);
      what();
    }
    changed.notify_all();
  }

  fault current(const std::string& path) {
    const std::lock_guard held(mutex);
    return path.find(only) == path.npos ? fault::none : wrong;
  }

  /// Until the fault is over, or the server.
  void wait_for_end() {
    std::unique_lock held(mutex);
    const auto then = round;
    changed.wait(held, [&] { return ending || round != then; });
  }

  gbs::response answer(const gbs::received& in, fault how) {
    auto got = gbs::parse_request(in, swissnum);
    if (!got)
      return got.error();
    const std::lock_guard held(store_mutex);
    return std::visit(
        overloaded{
            [&](const gbs::version_asked&) { return gbs::version_answer(store->info(), 1 << 30); },
            [&](const gbs::shares_asked& x) {
              std::vector<share_number> out;
              for (const auto& [share, reads] : store->read({x.slot, {}, {}}).reads)
                out.push_back(share);
              return gbs::shares_answer(out);
            },
            [&](const gbs::share_asked& x) {
              const auto range = x.range.value_or(grid::read_vector{0, 1 << 30});
              auto got_it = store->read({x.slot, {x.share}, {range}});
              if (got_it.reads.empty())
                return gbs::bare(404);
              auto data = got_it.reads.begin()->second.front();
              return x.range ? gbs::range_answer(range.offset, data) : gbs::share_answer(data);
            },
            [&](const grid::read_test_write& x) {
              if (how == fault::disk_full)
                return gbs::change_answer_of(false, store->read({x.slot, {}, x.reads}).reads);
              const auto done = store->read_test_write(x);
              if (done.status == grid::storage_status::bad_write_enabler)
                return gbs::bare(401);
              const bool ok = done.status == grid::storage_status::ok;
              return gbs::change_answer_of(ok, done.reads);
            },
            [&](const gbs::lease_asked& x) {
              const auto done = store->add_lease(x.slot, x.renew, x.cancel);
              return gbs::bare(done.status == grid::storage_status::ok ? 204 : 404);
            },
            [&](const gbs::advice_given& x) {
              if (store->read({x.slot, {x.share}, {}}).reads.empty())
                return gbs::bare(404);
              advice.push_back(x.reason);
              return gbs::bare(200);
            },
        },
        *got);
  }

  void handle(const httplib::Request& in, httplib::Response& out) {
    const_cast<httplib::Request&>(in).ranges.clear(); // ours to serve, not the library's
    gbs::received x{in.method, in.target, {}, shared_bytes::copy_of(in.body)};
    std::string head = in.method + " " + in.target + "\n";
    for (const auto& [name, value] : in.headers) {
      x.headers.emplace_back(name, value);
      head += name + ": " + value + "\n";
    }
    {
      const std::lock_guard held(mutex);
      ++requests;
      heads.push_back(head);
      ports.insert(in.remote_port);
    }
    const auto how = current(in.path);
    if (how == fault::never_answers)
      wait_for_end();
    auto made = answer(x, how);
    send(made, how, out);
  }

  void send(const gbs::response& made, fault how, httplib::Response& out) {
    out.status = static_cast<int>(made.status);
    const std::string type = made.content_type.empty() ? "text/plain" : made.content_type;
    if (!made.content_range.empty())
      out.set_header("Content-Range", made.content_range);
    const auto body = std::make_shared<std::string>(as_text(made.body.view()));
    switch (how) {
    case fault::in_trouble:
      out.status = 500;
      out.set_content("the disk\x1b[2J makes noises", "text/plain");
      return;
    case fault::talks_html:
      out.set_content("<html>", "text/html");
      return;
    case fault::broken_cbor:
      out.set_content(std::string("\xa2\x67success", 9), type);
      return;
    case fault::long_head:
      for (int i = 0; i < 100; ++i)
        out.set_header("X-Filler", std::string(1000, 'x'));
      out.set_content(*body, type);
      return;
    case fault::redirects:
      out.set_redirect("https://127.0.0.1:" + std::to_string(port) + "/storage/v1/version");
      return;
    case fault::stalls:
      out.set_content_provider(body->size() + 2, type,
                               [this, body](std::size_t at, std::size_t, httplib::DataSink& sink) {
                                 if (at == 0)
                                   return sink.write(body->data(), body->size() / 2 + 1);
                                 wait_for_end();
                                 return false;
                               });
      return;
    case fault::truncates:
      out.set_content_provider(body->size() + 2, type,
                               [body](std::size_t at, std::size_t, httplib::DataSink& sink) {
                                 return at == 0 && sink.write(body->data(), body->size() / 2 + 1);
                               });
      return;
    case fault::drips:
      out.set_content_provider(body->size(), type,
                               [body](std::size_t at, std::size_t, httplib::DataSink& sink) {
                                 std::this_thread::sleep_for(std::chrono::milliseconds(60));
                                 return sink.write(body->data() + at, 1);
                               });
      return;
    case fault::never_ends:
      out.set_chunked_content_provider(type, [this](std::size_t, httplib::DataSink& sink) {
        const std::string more(64 * 1024, 'x');
        return !ending && sink.write(more.data(), more.size());
      });
      return;
    default:
      // In chunks, as the real server's.
      if (made.status == 204 || body->empty())
        return;
      out.set_chunked_content_provider(type, [body](std::size_t, httplib::DataSink& sink) {
        sink.write(body->data(), body->size());
        sink.done();
        return true;
      });
    }
  }

  key_ptr key;
  certificate_ptr certificate;
  server_id id;
  hash256 pin;
  std::shared_ptr<storage::share_store> store;
  std::mutex store_mutex;
  std::vector<std::string> advice;

  std::mutex mutex;
  std::condition_variable changed;
  fault wrong = fault::none;
  std::string only;
  std::size_t round = 0;
  std::atomic<bool> ending = false;
  std::size_t requests = 0;
  std::set<int> ports; ///< of callers
  std::vector<std::string> heads;

  httplib::SSLServer server;
  int port = 0;
  std::thread thread;
};

fake_server::fake_server(std::shared_ptr<storage::share_store> store, certificate_options certificate)
  : house_(std::make_unique<house>(certificate)) {
  house_->store = std::move(store);
  house_->start();
}

std::unique_ptr<fake_server> fake_server::in_memory(certificate_options certificate) {
  auto out = std::make_unique<fake_server>(nullptr, certificate);
  storage::memory_store_options options;
  options.id = out->certificate_id();
  out->house_->store = storage::make_memory_store(std::move(options), unix_seconds);
  return out;
}

fake_server::~fake_server() = default;

gbs::nurl fake_server::nurl() const {
  return {house_->pin, {"127.0.0.1", static_cast<std::uint16_t>(house_->port)}, swissnum};
}
std::string fake_server::nurl_text() const {
  return std::string(gbs::to_text(nurl()));
}
server_id fake_server::certificate_id() const {
  return house_->id;
}
storage::share_store& fake_server::store() {
  return *house_->store;
}

void fake_server::go_wrong(fault how, std::string only_paths_with) {
  house_->change([&] {
    house_->wrong = how;
    house_->only = std::move(only_paths_with);
    ++house_->round;
  });
}

std::size_t fake_server::requests() const {
  const std::lock_guard held(house_->mutex);
  return house_->requests;
}
std::size_t fake_server::connections() const {
  const std::lock_guard held(house_->mutex);
  return house_->ports.size();
}
std::vector<std::string> fake_server::heads() const {
  const std::lock_guard held(house_->mutex);
  return house_->heads;
}
std::vector<std::string> fake_server::advice() const {
  const std::lock_guard held(house_->store_mutex);
  return house_->advice;
}

} // namespace truckee::test

//! Principals, users and how a call went, as Python's values: immutable, comparable, hashable, picklable, and converted field by field when
//! they are read.

use std::convert::Infallible;
use std::time::{Duration, SystemTime};

use passlock_bindings_shared::{AuthType, millis};
use pyo3::IntoPyObjectExt as _;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDateTime, PyDelta, PyDict, PyFloat, PyString, PyTuple, PyType, PyTzInfo};

/// What `repr` shows in place of a credential.
const REDACTED: &str = "[redacted]";

/// A class of fields that are only read. `show` says what `repr` shows of one.
macro_rules! model {
    ($(#[$meta:meta])* $name:ident {
        $($(#[$field_meta:meta])* $field:ident: $type:ty $(= $default:tt)?, as $python:ty, shown by $show:ident;)+
    }) => {
        $(#[$meta])*
        #[pyclass(frozen, eq, hash, module = "passlock")]
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub(crate) struct $name { $($field: $type),+ }

        #[pymethods]
        impl $name {
            #[new]
            #[pyo3(signature = (*, $($field $(= $default)?),+))]
            #[allow(clippy::too_many_arguments, reason = "as many as the API has fields")]
            fn new($($field: $python),+) -> PyResult<Self> {
                Ok(Self { $($field: $field.try_into().map_err(PyErr::from)?),+ })
            }

            $(
                $(#[$field_meta])*
                #[getter]
                fn $field(&self) -> $python {
                    self.$field.clone().into()
                }
            )+

            /// The order in which a pattern takes the fields.
            #[classattr]
            fn __match_args__(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
                PyTuple::new(py, [$(stringify!($field)),+])
            }

            /// The types of the fields, as they are written in Python.
            #[classattr]
            fn __annotations__(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
                let types = PyDict::new(py);
                $(types.set_item(stringify!($field), <$python as Annotated>::TYPE)?;)+
                Ok(types)
            }

            /// All fields by their names, including those that `repr` hides.
            fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
                self.fields(py)
            }

            /// How pydantic, and therefore FastAPI, reads and writes one.
            #[classmethod]
            fn __get_pydantic_core_schema__<'py>(
                cls: &Bound<'py, PyType>,
                source: &Bound<'py, PyAny>,
                handler: &Bound<'py, PyAny>,
            ) -> PyResult<Bound<'py, PyAny>> {
                let _ = source;
                cls.py().import("passlock._pydantic")?.call_method1("core_schema_of", (cls, handler))
            }

            fn __getnewargs_ex__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyTuple>, Bound<'py, PyDict>)> {
                Ok((PyTuple::empty(py), self.fields(py)?))
            }

            fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
                let shown = [$(format!("{}={}", stringify!($field), $show(py, self.$field())?)),+];
                Ok(format!("{}({})", stringify!($name), shown.join(", ")))
            }

            /// A copy with different values for some fields; what `copy.replace` calls.
            #[pyo3(signature = (**changes))]
            fn __replace__<'py>(&self, py: Python<'py>, changes: Option<&Bound<'py, PyDict>>) -> PyResult<Bound<'py, PyAny>> {
                let fields = self.fields(py)?;
                if let Some(changes) = changes {
                    fields.update(changes.as_mapping())?;
                }
                py.get_type::<Self>().call((), Some(&fields))
            }
        }

        impl $name {
            fn fields<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
                let fields = PyDict::new(py);
                $(fields.set_item(stringify!($field), self.$field())?;)+
                Ok(fields)
            }
        }
    };
}

/// A model with the same fields as the core's.
macro_rules! core_model {
    ($(#[$meta:meta])* $name:ident {
        $($(#[$field_meta:meta])* $field:ident: $type:ty $(= $default:tt)?, as $python:ty, shown by $show:ident;)+
    }) => {
        model! {
            $(#[$meta])*
            $name { $($(#[$field_meta])* $field: $type $(= $default)?, as $python, shown by $show;)+ }
        }

        impl From<passlock_core::$name> for $name {
            fn from(model: passlock_core::$name) -> Self {
                Self { $($field: model.$field.into_stored()),+ }
            }
        }
    };
}

core_model! {
    /// A user who has just logged in, as asserted by Passlock.
    ///
    /// ``token`` and ``jti`` are credentials: ``repr`` hides them. Reading the fields reveals them, and so do pickling, ``to_dict``
    /// and pydantic. Times are aware datetimes in UTC.
    Principal {
        /// Issuer: Passlock.
        iss: String, as String, shown by value;
        /// Audience: the tenancy id.
        aud: String, as String, shown by value;
        /// The user's id.
        sub: String, as String, shown by value;
        /// When the token was issued.
        iat: Time, as Time, shown by value;
        /// Not valid before this time.
        nbf: Time, as Time, shown by value;
        /// Expires at this time.
        exp: Time, as Time, shown by value;
        /// The token's id: a secret.
        jti: String, as String, shown by nothing;
        /// The token: a secret.
        token: String, as String, shown by nothing;
        /// Whether the authenticator verified the user, by biometrics or a PIN.
        user_verified: bool, as bool, shown by value;
        /// How the user logged in, such as ``AUTH_TYPE_PASSKEY``. Other values may occur.
        auth_type: String, as String, shown by value;
        /// The authenticator's id.
        auth_id: String, as String, shown by value;
        /// Given name.
        given_name: Option<String> = None, as Option<String>, shown by value;
        /// Family name.
        family_name: Option<String> = None, as Option<String>, shown by value;
        /// Email address.
        email: Option<String> = None, as Option<String>, shown by value;
        /// Whether the email address is verified; ``None`` if the API does not say.
        email_verified: Option<bool> = None, as Option<bool>, shown by value;
    }
}

core_model! {
    /// A user, as the service returns it.
    User {
        /// The user's id.
        sub: String, as String, shown by value;
        /// Email address: the passkey's user name on the device, so it can't be changed.
        email: String, as String, shown by value;
        /// Given name.
        given_name: Option<String> = None, as Option<String>, shown by value;
        /// Family name.
        family_name: Option<String> = None, as Option<String>, shown by value;
        /// Whether the email address is verified; ``False`` if the API does not say.
        email_verified: bool = false, as bool, shown by value;
    }
}

model! {
    /// How a call went.
    CallInfo {
        /// How many requests were attempted.
        attempts: u32, as u32, shown by value;
        /// The status of the last attempt's response; ``None`` if it had none.
        status: Option<u16> = None, as Option<u16>, shown by value;
        /// The id that the service assigned to the last attempt, if it responded and the id is printable.
        request_id: Option<String> = None, as Option<String>, shown by value;
        /// How long the call took in seconds, retries and waits included.
        elapsed: Seconds, as Seconds, shown by value;
    }
}

impl From<passlock_core::CallInfo> for CallInfo {
    fn from(info: passlock_core::CallInfo) -> Self {
        let request_id = info.request_id().map(str::to_owned);
        Self { attempts: info.attempts, status: info.status, request_id, elapsed: Seconds(info.elapsed) }
    }
}

/// How a field's value crosses.
trait IntoStored<T> {
    fn into_stored(self) -> T;
}

impl<T> IntoStored<T> for T {
    fn into_stored(self) -> T {
        self
    }
}

impl IntoStored<Time> for SystemTime {
    fn into_stored(self) -> Time {
        self.into()
    }
}

impl IntoStored<String> for AuthType {
    fn into_stored(self) -> String {
        self.as_str().to_owned()
    }
}

/// A type that a field has in Python, to be evaluated in the package's own names.
trait Annotated {
    const TYPE: &'static str;
}

macro_rules! annotated {
    ($($type:ty: $name:literal),+ $(,)?) => {
        $(impl Annotated for $type { const TYPE: &'static str = $name; })+
    };
}

annotated!(
    String: "str",
    bool: "bool",
    u32: "int",
    Seconds: "float",
    Time: "_types.datetime",
    Option<String>: "str | None",
    Option<bool>: "bool | None",
    Option<u16>: "int | None",
);

fn value<'py>(py: Python<'py>, value: impl IntoPyObject<'py>) -> PyResult<Bound<'py, PyString>> {
    value.into_bound_py_any(py)?.repr()
}

fn nothing<'py>(py: Python<'py>, _: String) -> PyResult<Bound<'py, PyString>> {
    PyString::new(py, REDACTED).repr()
}

/// A time, in microseconds since the Unix epoch: the finest that Python has.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Time(i64);

impl From<SystemTime> for Time {
    fn from(time: SystemTime) -> Self {
        Self(millis(time).saturating_mul(1000))
    }
}

impl<'py> IntoPyObject<'py> for Time {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let since = Duration::from_micros(self.0.unsigned_abs());
        let (days, seconds) = ((since.as_secs() / 86_400) as i32, (since.as_secs() % 86_400) as i32);
        let sign = if self.0 < 0 { -1 } else { 1 };
        let micros = since.subsec_micros() as i32;
        let since = PyDelta::new(py, sign * days, sign * seconds, sign * micros, true)?;
        epoch(py)?.add(since)
    }
}

impl<'py> FromPyObject<'_, 'py> for Time {
    type Error = PyErr;

    fn extract(time: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let py = time.py();
        if time.cast::<PyDateTime>()?.getattr("tzinfo")?.is_none() {
            return Err(PyValueError::new_err("the datetime must be timezone-aware"));
        }
        let micro = PyDelta::new(py, 0, 0, 1, false)?;
        Ok(Self(time.sub(epoch(py)?)?.floor_div(micro)?.extract()?))
    }
}

/// A duration, in seconds.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Seconds(Duration);

impl<'py> IntoPyObject<'py> for Seconds {
    type Target = PyFloat;
    type Output = Bound<'py, PyFloat>;
    type Error = Infallible;

    fn into_pyobject(self, py: Python<'py>) -> Result<Bound<'py, PyFloat>, Infallible> {
        Ok(PyFloat::new(py, self.0.as_secs_f64()))
    }
}

impl<'py> FromPyObject<'_, 'py> for Seconds {
    type Error = PyErr;

    fn extract(seconds: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let duration = Duration::try_from_secs_f64(seconds.extract()?);
        duration.map(Self).map_err(|error| PyValueError::new_err(error.to_string()))
    }
}

/// Does what the first time of a principal would do otherwise: it imports `datetime`, which opens files. A token that has been
/// exchanged must not be lost because there is no descriptor for one.
pub(crate) fn prepare(py: Python<'_>) -> PyResult<()> {
    // An error here; `PyDateTime` panics where the import fails.
    py.import("datetime")?;
    epoch(py).map(drop)
}

fn epoch(py: Python<'_>) -> PyResult<&Bound<'_, PyDateTime>> {
    static EPOCH: PyOnceLock<Py<PyDateTime>> = PyOnceLock::new();
    let epoch = EPOCH.get_or_try_init(py, || {
        let utc = PyTzInfo::utc(py)?;
        PyDateTime::new(py, 1970, 1, 1, 0, 0, 0, 0, Some(&utc)).map(Bound::unbind)
    })?;
    Ok(epoch.bind(py))
}
